/**
 * Curves of metrics as a chart draws them.
 *
 * @module
 */
import type { MemberScalars, SeriesDocument } from '../../../../../src/wire/series.ts';
import type { ChartLine } from '../../../charts/line-chart.tsx';
import type { PlotBand } from '../../../charts/plot.ts';

/**
 * The exponential moving average without its bias towards zero at the start, as TensorBoard draws
 * it. Values that are not finite are passed on and do not count.
 *
 * @param weight of the past, from 0 (none) to below 1
 */
export function smoothed(values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  let average = 0;
  let count = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    average = average * weight + (1 - weight) * value;
    count++;
    return average / (1 - weight ** count);
  });
}

/** The columns of a chart: x, the line, the raw values, and the band of minima and maxima. */
export interface ChartColumns {
  readonly x: readonly number[];
  readonly line: readonly (number | null)[];
  readonly raw: readonly (number | null)[];
  /** Empty: every point is drawn. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** Prepares a series. On a logarithmic scale values that are not positive are gaps. */
export function chartColumns(
  { x, y, lo, hi, exact }: Pick<SeriesDocument, 'x' | 'y' | 'lo' | 'hi' | 'exact'>,
  options: { readonly weight: number; readonly isLogarithmic: boolean },
): ChartColumns {
  const drawable = (value: number): number | null =>
    Number.isFinite(value) && (!options.isLogarithmic || value > 0) ? value : null;
  return {
    x,
    line: smoothed(y, options.weight).map(drawable),
    raw: y.map(drawable),
    low: exact ? [] : lo.map(drawable),
    high: exact ? [] : hi.map(drawable),
  };
}

/** The curve over its raw values, and the band of minima and maxima. */
export const chartOf = (
  { x, line, raw, low, high }: ChartColumns,
  options: { readonly hasRaw: boolean; readonly hasPoints?: boolean },
): {
  readonly lines: readonly ChartLine[];
  readonly band: Omit<PlotBand, 'color'> | undefined;
} => ({
  lines: [
    ...(options.hasRaw ? [{ x, y: raw, color: 'accent' as const, opacity: 0.33, width: 1 }] : []),
    { x, y: line, color: 'accent', hasPoints: options.hasPoints ?? false },
  ],
  band: low.length === 0 ? undefined : { x, low, high },
});

/** `loss / train`, or the title alone if the series has no other name. */
export const metricName = ({
  title,
  series,
}: {
  readonly title: string;
  readonly series: string;
}): string => (series === '' || series === title ? title : `${title} / ${series}`);

/** How many points a chart shows of how many: `600 of 120,000 points`. */
export const pointsText = (
  { x, count, exact }: Pick<SeriesDocument, 'x' | 'count' | 'exact'>,
  format: (count: number) => string,
): string =>
  exact
    ? `${format(count)} ${count === 1 ? 'point' : 'points'}`
    : `${format(x.length)} of ${format(count)} points`;

/** One metric over the calls of a component, in short. */
export interface MemberSummary {
  readonly p5: number | null;
  readonly median: number | null;
  readonly p95: number | null;
  /** The calls that are farthest from the median, the farthest first. */
  readonly outliers: readonly number[];
  /** The calls whose last value is not finite. */
  readonly nonFinite: readonly number[];
}

const OUTLIERS = 3;

/** The distribution of the last values. */
export function summarizeMembers({
  calls,
  last,
}: Pick<MemberScalars, 'calls' | 'last'>): MemberSummary {
  const finite: { readonly call: number; readonly value: number }[] = [];
  const nonFinite: number[] = [];
  for (const [index, call] of calls.entries()) {
    const value = last[index] ?? null;
    if (typeof value === 'number') finite.push({ call, value });
    else if (value !== null) nonFinite.push(call);
  }
  const sorted = finite.map(({ value }) => value).sort((one, other) => one - other);
  const quantile = (share: number): number | null =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  const median = quantile(0.5);
  const outliers =
    median === null || sorted.at(0) === sorted.at(-1)
      ? []
      : finite
          .toSorted(
            (one, other) =>
              Math.abs(other.value - median) - Math.abs(one.value - median) ||
              one.call - other.call,
          )
          .slice(0, OUTLIERS)
          .map(({ call }) => call);
  return { p5: quantile(0.05), median, p95: quantile(0.95), outliers, nonFinite };
}
