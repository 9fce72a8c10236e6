/**
 * The durations that a box shows.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import { CACHED, COMPLETED } from '../../live/statuses.ts';
import type { BoxCounts } from './box-counts.ts';
import type { Box } from './box-graph.ts';

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

type Times = Pick<RunColumns, 'status' | 'started' | 'ended' | 'durationsOf' | 'components'>;

/** How long a call ran, or undefined if that is not on record. */
export function durationOf(
  times: Pick<RunColumns, 'started' | 'ended'>,
  call: number,
): number | undefined {
  const started = times.started[call] ?? -1;
  const ended = times.ended[call] ?? -1;
  return started >= 0 && ended >= started ? ended - started : undefined;
}

/**
 * The median and the 95th percentile of the completed members: from their times if those are on
 * record, else from the histogram of the component.
 */
export function quantilesOf(times: Times, box: Box): Quantiles | undefined {
  const durations: number[] = [];
  let completed = 0;
  for (const call of box.members) {
    if (times.status[call] !== COMPLETED) continue;
    completed += 1;
    const duration = durationOf(times, call);
    if (duration !== undefined) durations.push(duration);
  }
  if (completed === 0) return undefined;
  if (durations.length === completed) {
    const sorted = Float64Array.from(durations).sort();
    const at = (q: number) => sorted[Math.min(completed - 1, Math.ceil(q * completed) - 1)] ?? 0;
    return { p50: at(0.5), p95: at(0.95) };
  }
  const histogram = times.durationsOf(times.components[box.components[0] ?? -1] ?? '');
  const p50 = histogram?.quantile(0.5);
  const p95 = histogram?.quantile(0.95);
  return p50 === undefined || p95 === undefined ? undefined : { p50, p95 };
}

/** Quantiles by box, computed again when the number of completed members or of known times changes. */
export class BoxQuantiles {
  readonly #known = new Map<number, { readonly key: string; readonly of: Quantiles | undefined }>();

  of(
    times: Times & { readonly timed: number },
    counts: BoxCounts,
    box: Box,
    index: number,
  ): Quantiles | undefined {
    const key = `${counts.of(index, COMPLETED)} ${counts.of(index, CACHED)} ${times.timed}`;
    const known = this.#known.get(index);
    if (known?.key === key) return known.of;
    const of = quantilesOf(times, box);
    this.#known.set(index, { key, of });
    return of;
  }
}

/**
 * Durations of members in order as at most `points` values, the largest of each part; NaN where no
 * duration is on record.
 */
export function sparkline(
  times: Pick<RunColumns, 'started' | 'ended'>,
  members: Int32Array,
  points: number,
): Float64Array {
  const count = Math.min(points, members.length);
  const values = new Float64Array(count).fill(Number.NaN);
  for (const [index, call] of members.entries()) {
    const at = Math.floor((index * count) / members.length);
    const duration = durationOf(times, call) ?? Number.NaN;
    const present = values[at] ?? Number.NaN;
    if (Number.isNaN(present) || duration > present) values[at] = duration;
  }
  return values;
}
