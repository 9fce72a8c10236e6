/**
 * The comparison of two graphs as texts: one row for each box.
 *
 * @module
 */
import { formatDuration } from '../../format/durations.ts';
import { formatCount, formatCounted } from '../../format/numbers.ts';
import type { BoxDiff, DiffSide } from '../../graph/model/diff.ts';

/** A median duration counts as another one from this factor on: less is noise. */
const NOTABLE_FACTOR = 1.25;

/** The title of a box with its median duration and its cached members. */
export const sideText = ({ title, cached, durations }: DiffSide): string =>
  [
    title,
    ...(durations === undefined ? [] : [formatDuration(durations.p50)]),
    ...(cached === 0 ? [] : [`${formatCount(cached)} cached`]),
  ].join(' · ');

/** How a box differs; empty: it does not. */
export function changesOf({ before, after, slowdown }: BoxDiff): readonly string[] {
  if (before === undefined) return ['+ new'];
  if (after === undefined) return ['− removed'];
  const more = after.calls - before.calls;
  const cached = after.cached / after.calls - before.cached / before.calls;
  return [
    ...(more > 0 ? [formatCounted(more, 'more call', 'more calls')] : []),
    ...(more < 0 ? [formatCounted(-more, 'call less', 'calls less')] : []),
    ...(cached === 0 ? [] : [cached > 0 ? 'more cached' : 'less cached']),
    ...(slowdown !== undefined && slowdown >= NOTABLE_FACTOR
      ? [`${slowdown.toFixed(1)} times slower`]
      : []),
    ...(slowdown !== undefined && slowdown > 0 && slowdown * NOTABLE_FACTOR <= 1
      ? [`${(1 / slowdown).toFixed(1)} times faster`]
      : []),
  ];
}
