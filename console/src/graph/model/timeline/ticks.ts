/**
 * Marks of a time axis.
 *
 * @module
 */
import { timeStep } from '../../../format/time-steps.ts';
import type { TimeScale } from './time-scale.ts';

export interface Tick {
  /** Milliseconds after the start of the scale. */
  readonly offset: number;
  readonly place: number;
}

/**
 * Marks at multiples of one distance between two places of the scale, at least `distance` apart;
 * none inside of collapsed gaps.
 */
export function ticksOf(
  scale: TimeScale,
  from: number,
  to: number,
  distance: number,
): readonly Tick[] {
  const step = timeStep(distance);
  const ticks: Tick[] = [];
  const gaps = scale.gaps;
  let last = Number.NEGATIVE_INFINITY;
  let time = scale.timeOf(from);
  const end = scale.timeOf(to);
  let offset = Math.ceil((time - scale.start) / step) * step;
  for (let count = 0; count < 1_000; count++) {
    time = scale.start + offset;
    if (time > end) break;
    const gap = gaps.find((each) => time > each.from && time < each.to);
    if (gap !== undefined) {
      offset = Math.ceil((gap.to - scale.start) / step) * step;
      continue;
    }
    const place = scale.placeOf(time);
    if (place - last >= distance * 0.9) {
      ticks.push({ offset, place });
      last = place;
    }
    offset += step;
  }
  return ticks;
}

/** How many calls run at each of `count` equal parts of the scale: the silhouette of the run. */
export function concurrency(
  scale: TimeScale,
  spans: readonly { readonly start: number; readonly end: number }[],
  count: number,
): Float64Array {
  const changes = new Float64Array(count + 1);
  const partOf = (time: number) =>
    Math.min(count - 1, Math.floor((scale.placeOf(time) / scale.length) * count));
  for (const { start, end } of spans) {
    if (end <= start) continue;
    const first = partOf(start);
    const last = partOf(end);
    changes[first] = (changes[first] ?? 0) + 1;
    changes[last + 1] = (changes[last + 1] ?? 0) - 1;
  }
  const running = new Float64Array(count);
  let present = 0;
  for (let part = 0; part < count; part++) {
    present += changes[part] ?? 0;
    running[part] = present;
  }
  return running;
}
