/**
 * A metric reduced to what a chart can show: a line of a bounded number of points, and the minimum
 * and maximum of the points around each of them.
 *
 * 1. Of up to `points` points, all are in the result: it is exact.
 * 2. Otherwise the line is chosen by "Largest Triangle Three Buckets" (Sveinn Steinarsson,
 *    "Downsampling Time Series for Visual Representation", master's thesis, University of Iceland,
 *    2013): the points between the first and the last are divided into buckets of equal numbers, and
 *    of each bucket the point is kept that spans the largest triangle with the point that was kept
 *    before it and the mean of the next bucket. The band has the minimum and the maximum of each
 *    bucket, so that no peak is lost.
 * 3. Points are in the order of x; points of one x are in the order of reporting.
 * 4. NaN and infinities are not part of the line. They are listed with their x.
 *
 * @module
 */
import type { Point } from './artifacts.ts';

export const SERIES_AXES = ['iteration', 'relative', 'time'] as const;
/** `relative`: milliseconds since the first point of the metric; `time`: since the epoch. */
export type SeriesAxis = (typeof SERIES_AXES)[number];

export interface SeriesRequest {
  readonly x: SeriesAxis;
  /** Points of the line at most. */
  readonly points: number;
  /** Only points from this x on. */
  readonly from?: number | undefined;
  /** Only points up to this x. */
  readonly to?: number | undefined;
}

type NonFinite = Exclude<Point['value'], number>;

export interface ReducedSeries {
  /** The number of points from `from` to `to`, including those that are not finite. */
  readonly selected: number;
  /** No point was reduced: `lo` and `hi` are empty. */
  readonly exact: boolean;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  /** The first ones in the order of x. */
  readonly nonFinite: readonly (readonly [number, NonFinite])[];
  readonly nonFiniteCount: number;
}

export const DEFAULT_SERIES_POINTS = 600;
export const MIN_SERIES_POINTS = 3;
export const MAX_SERIES_POINTS = 2000;
const MAX_LISTED_NON_FINITE = 100;

/** @param firstAt the earliest time of a point of the metric */
export function reducePoints(
  points: readonly Pick<Point, 'iteration' | 'value' | 'at'>[],
  firstAt: number,
  { x: axis, points: maxPoints, from, to }: SeriesRequest,
): ReducedSeries {
  // Times since the epoch are too large for exact areas: they are shifted by the first one.
  if (axis === 'time')
    return shiftSeries(
      reducePoints(points, firstAt, {
        x: 'relative',
        points: maxPoints,
        from: from === undefined ? undefined : from - firstAt,
        to: to === undefined ? undefined : to - firstAt,
      }),
      firstAt,
    );
  const xs: number[] = [];
  const ys: number[] = [];
  const nonFinite: (readonly [number, NonFinite])[] = [];
  let ascending = true;
  let previous = Number.NEGATIVE_INFINITY;
  for (const { iteration, value, at } of points) {
    const x = axis === 'iteration' ? iteration : at - firstAt;
    if ((from !== undefined && x < from) || (to !== undefined && x > to)) continue;
    if (typeof value !== 'number') {
      nonFinite.push([x, value]);
      continue;
    }
    if (x < previous) ascending = false;
    previous = x;
    xs.push(x);
    ys.push(value);
  }
  const line = ascending ? { x: xs, y: ys } : inOrder(xs, ys);
  const exact = line.x.length <= maxPoints;
  return {
    selected: xs.length + nonFinite.length,
    exact,
    ...(exact ? { ...line, lo: [], hi: [] } : reduceLine(line, maxPoints)),
    nonFinite: nonFinite.sort((a, b) => a[0] - b[0]).slice(0, MAX_LISTED_NON_FINITE),
    nonFiniteCount: nonFinite.length,
  };
}

/** The series with `by` added to each x. */
export const shiftSeries = (
  { x, nonFinite, ...rest }: ReducedSeries,
  by: number,
): ReducedSeries => ({
  ...rest,
  x: x.map((each) => each + by),
  nonFinite: nonFinite.map(([each, value]) => [each + by, value] as const),
});

interface Line {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** `Array.sort` is stable (3). */
function inOrder(x: readonly number[], y: readonly number[]): Line {
  const order = Array.from(x.keys()).sort((a, b) => (x[a] ?? 0) - (x[b] ?? 0));
  return { x: order.map((at) => x[at] ?? 0), y: order.map((at) => y[at] ?? 0) };
}

/** Rule 2. The line has more than `maxPoints` points, and `maxPoints` is at least three. */
function reduceLine({ x, y }: Line, maxPoints: number): Line & Pick<ReducedSeries, 'lo' | 'hi'> {
  const end = x.length - 1;
  const buckets = maxPoints - 2;
  const startOf = (bucket: number): number => 1 + Math.floor((bucket * (end - 1)) / buckets);
  const kept: number[] = [0];
  const lo: number[] = [y[0] ?? 0];
  const hi: number[] = [y[0] ?? 0];
  let before = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const from = startOf(bucket);
    const to = startOf(bucket + 1);
    const next =
      bucket + 1 < buckets ? meanOf({ x, y }, to, startOf(bucket + 2)) : [x[end], y[end]];
    const [nextX = 0, nextY = 0] = next;
    const beforeX = x[before] ?? 0;
    const beforeY = y[before] ?? 0;
    let largest = -1;
    let chosen = from;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let at = from; at < to; at += 1) {
      const value = y[at] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
      // Twice the area. An area that exceeds all numbers does not compare, and is not chosen.
      const area = Math.abs(
        (beforeX - nextX) * (value - beforeY) - (beforeX - (x[at] ?? 0)) * (nextY - beforeY),
      );
      if (area > largest) {
        largest = area;
        chosen = at;
      }
    }
    kept.push(chosen);
    lo.push(low);
    hi.push(high);
    before = chosen;
  }
  kept.push(end);
  lo.push(y[end] ?? 0);
  hi.push(y[end] ?? 0);
  return { x: kept.map((at) => x[at] ?? 0), y: kept.map((at) => y[at] ?? 0), lo, hi };
}

/** The mean of the points from `from` to `to` (exclusive). */
function meanOf({ x, y }: Line, from: number, to: number): readonly [number, number] {
  let sumX = 0;
  let sumY = 0;
  for (let at = from; at < to; at += 1) {
    sumX += x[at] ?? 0;
    sumY += y[at] ?? 0;
  }
  return [sumX / (to - from), sumY / (to - from)];
}
