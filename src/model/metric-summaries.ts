/**
 * The points of a step or a run by metric, and each metric in short.
 *
 * 1. The metrics are in the order of their first points, which a running step only extends.
 * 2. NaN and infinities count as points. They are no minimum and no maximum.
 *
 * @module
 */
import type { Point } from './artifacts.ts';

/** A metric in short. Iterations are those of the first point with the value. */
export interface MetricSummary {
  readonly title: string;
  readonly series: string;
  readonly count: number;
  /** The value of the highest iteration; of equal ones, that of the last point. */
  readonly last: Point['value'];
  readonly lastIteration: number;
  readonly lastAt: number;
  /** Null: no value is finite. */
  readonly min: number | null;
  readonly minIteration: number | null;
  readonly max: number | null;
  readonly maxIteration: number | null;
  /** The earliest time of a point, in milliseconds since the epoch. */
  readonly firstAt: number;
}

/** The points of one metric, in the order of reporting: at least one. */
export interface MetricPoints<P extends Point = Point> {
  readonly title: string;
  readonly series: string;
  readonly points: readonly P[];
}

/**
 * The points by metric (1).
 *
 * @param ownerOf distinguishes metrics of one name, as those of several steps
 */
export function pointsByMetric<P extends Point>(
  points: readonly P[],
  ownerOf: (point: P) => string | number | null = () => null,
): readonly MetricPoints<P>[] {
  const groups: Group<P>[] = [];
  const byOwner = new Map<string | number | null, Map<string, Map<string, Group<P>>>>();
  let last: (Group<P> & { readonly owner: string | number | null }) | undefined;
  for (const point of points) {
    const { title, series } = point;
    const owner = ownerOf(point);
    if (last?.series === series && last.title === title && last.owner === owner) {
      last.points.push(point);
      continue;
    }
    const byTitle = entryOf(byOwner, owner, () => new Map<string, Map<string, Group<P>>>());
    const bySeries = entryOf(byTitle, title, () => new Map<string, Group<P>>());
    const group = entryOf(bySeries, series, () => {
      const added: Group<P> = { title, series, points: [] };
      groups.push(added);
      return added;
    });
    group.points.push(point);
    last = { ...group, owner };
  }
  return groups;
}

interface Group<P> {
  readonly title: string;
  readonly series: string;
  readonly points: P[];
}

function entryOf<K, V>(map: Map<K, V>, key: K, add: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const added = add();
  map.set(key, added);
  return added;
}

export function summaryOf({ title, series, points }: MetricPoints): MetricSummary {
  let last: Point | undefined;
  let min: Extreme | undefined;
  let max: Extreme | undefined;
  let firstAt = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const { iteration, value, at } = point;
    if (last === undefined || iteration >= last.iteration) last = point;
    if (at < firstAt) firstAt = at;
    if (typeof value !== 'number') continue;
    if (min === undefined || value < min.value) min = { value, iteration };
    if (max === undefined || value > max.value) max = { value, iteration };
  }
  if (last === undefined) throw new Error(`the metric ${title}/${series} has no points`);
  return {
    title,
    series,
    count: points.length,
    last: last.value,
    lastIteration: last.iteration,
    lastAt: last.at,
    min: min?.value ?? null,
    minIteration: min?.iteration ?? null,
    max: max?.value ?? null,
    maxIteration: max?.iteration ?? null,
    firstAt,
  };
}

interface Extreme {
  readonly value: number;
  readonly iteration: number;
}
