/**
 * Groups in the compact form in which they are stored: members with consecutive calls and the same
 * attempt are one range. A group of 10,000 members without gaps takes a few bytes; in the worst
 * case it takes some kilobytes.
 *
 * @module
 */
import type { Group } from '../../ports/tasks.ts';

/** `[first call, number of calls, attempt]` */
type MemberRange = readonly [number, number, number];
export type PackedGroup = Omit<Group, 'members'> & { readonly members: readonly MemberRange[] };

export function packGroup({ members, ...group }: Group): PackedGroup {
  const ranges: [number, number, number][] = [];
  for (const { call, attempt } of members) {
    const last = ranges.at(-1);
    if (last !== undefined && last[2] === attempt && last[0] + last[1] === call) last[1] += 1;
    else ranges.push([call, 1, attempt]);
  }
  return { ...group, members: ranges };
}

export const unpackGroup = ({ members, ...group }: PackedGroup): Group => ({
  ...group,
  members: members.flatMap(([first, count, attempt]) =>
    Array.from({ length: count }, (_, n) => ({ call: first + n, attempt })),
  ),
});
