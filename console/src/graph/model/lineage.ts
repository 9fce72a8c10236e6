/**
 * The direct parents and children of one call.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';

type Structure = Pick<RunColumns, 'known' | 'rangesOf' | 'rangeFirst' | 'rangeLast' | 'eachParent'>;

/** At most `limit` of each, in the order of calls. */
export interface Lineage {
  readonly parents: readonly number[];
  readonly children: readonly number[];
}

export function lineageOf(calls: Structure, call: number, limit: number): Lineage {
  const parents: number[] = [];
  if (call < calls.known) {
    calls.eachParent(call, (parent) => parents.push(parent) < limit);
  }
  const children: number[] = [];
  for (let child = call + 1; child < calls.known && children.length < limit; child++) {
    const end = calls.rangesOf[child + 1] ?? 0;
    for (let range = calls.rangesOf[child] ?? 0; range < end; range++) {
      if ((calls.rangeFirst[range] ?? 0) <= call && call <= (calls.rangeLast[range] ?? -1)) {
        children.push(child);
        break;
      }
    }
  }
  return { parents, children };
}
