/**
 * The metrics of a run as series: one for each metric and step, so that the calls of a fan-out can
 * be compared.
 *
 * 1. The points of one step are in memory at a time. A series keeps its summary and a bounded number
 *    of values for curves.
 * 2. Points of the run itself are series of their own if the logic reported them, or if a monitor
 *    gave them another name: a monitored metric is not listed twice.
 *
 * @module
 */
import type { ArgumentPreview } from '../model/argument-previews.ts';
import type { Point } from '../model/artifacts.ts';
import type { RunId } from '../model/ids.ts';
import { CallLabels } from './call-labels.ts';
import { type ReportSource, stepPages } from './run-report.ts';
import { originText } from './step-origin.ts';
import type { StepViewModel } from './view-models.ts';

/** A value at an iteration. */
export interface MetricValue {
  readonly iteration: number;
  readonly value: number;
}

export interface MetricSummary {
  readonly count: number;
  /** Points whose value is NaN or infinite. They are not part of `min` and `max`. */
  readonly nonFinite: number;
  readonly last: MetricValue | null;
  readonly min: MetricValue | null;
  readonly max: MetricValue | null;
}

export interface MetricSeries extends MetricSummary {
  readonly title: string;
  readonly series: string;
  /** The step with the arguments that differ: `train_1[lr=0.1]`; null: the run itself. */
  readonly label: string | null;
  readonly step: string | null;
  readonly call: number | null;
  readonly component: string | null;
  readonly arguments: readonly ArgumentPreview[];
  /** Where the points are from, if the step was not executed in this run. */
  readonly origin: string | null;
  /** In the order of iterations, the first and the last among them; at most `MAX_CURVE_VALUES`. */
  readonly curve: readonly MetricValue[];
}

/** Points of one metric of one step, as they are passed to a reader of all of them. */
export interface SeriesPoints {
  readonly series: Omit<MetricSeries, keyof MetricSummary | 'curve'>;
  readonly points: readonly Point[];
}

const MAX_CURVE_VALUES = 1000;

/** `loss/train`. */
export const metricName = ({ title, series }: Pick<Point, 'title' | 'series'>): string =>
  `${title}/${series}`;

/** Whether the text names the metric: by its title and series, or by its title. */
export const isNamedBy = (point: Pick<Point, 'title' | 'series'>, text: string): boolean =>
  text === metricName(point) || text === point.title;

/**
 * The points of a run by metric and step: first those of steps, in the order of their calls, then
 * those of the run itself (2).
 *
 * @param selected the steps to read; default: all
 */
export async function* seriesPoints(
  source: ReportSource,
  run: RunId,
  selected?: readonly StepViewModel[],
): AsyncGenerator<SeriesPoints> {
  const labels = new CallLabels();
  for await (const steps of stepPages(source.queries, run))
    for (const step of steps) if (step.status !== 'superseded') labels.add(toLabelled(step));
  const ofSteps = new Set<string>();
  const pagesOfSteps = selected === undefined ? stepPages(source.queries, run) : [selected];
  for await (const steps of pagesOfSteps) {
    for (const step of steps) {
      if (step.status === 'superseded') continue;
      const points = await source.reported.points(run, step);
      if (points.length === 0) continue;
      const origin = await originText(source.reported, step);
      for (const group of byMetric(points)) {
        ofSteps.add(JSON.stringify([step.name, group.title, group.series]));
        yield {
          series: {
            title: group.title,
            series: group.series,
            label: `${step.name}${labels.labelOf(toLabelled(step))}`,
            step: step.name,
            call: step.call,
            component: step.component,
            arguments: step.arguments ?? [],
            origin,
          },
          points: group.points,
        };
      }
    }
  }
  if (selected !== undefined) return;
  const ofRun = (await source.reported.runPoints(run)).filter(
    ({ step, title, series }) => !ofSteps.has(JSON.stringify([step, title, series])),
  );
  for (const group of byMetric(ofRun)) {
    const first = group.points[0];
    yield {
      series: {
        title: group.title,
        series: group.series,
        label: first?.step ?? null,
        step: first?.step ?? null,
        call: first?.call ?? null,
        component: null,
        arguments: [],
        origin: null,
      },
      points: group.points,
    };
  }
}

const toLabelled = ({ component, arguments: previews }: StepViewModel) => ({
  component,
  arguments: previews ?? [],
});

interface MetricPoints<P> {
  readonly title: string;
  readonly series: string;
  readonly points: P[];
}

function byMetric<P extends Point & { readonly step?: string | null }>(
  points: readonly P[],
): Iterable<MetricPoints<P>> {
  const groups = new Map<string, MetricPoints<P>>();
  for (const point of points) {
    const { title, series, step = null } = point;
    const key = JSON.stringify([title, series, step]);
    const group = groups.get(key) ?? { title, series, points: [] };
    groups.set(key, group);
    group.points.push(point);
  }
  return groups.values();
}

export const toSeries = ({ series, points }: SeriesPoints): MetricSeries => ({
  ...series,
  ...summaryOf(points),
  curve: curveOf(points),
});

/** The value of a point as a number: JSON has none for NaN and infinities. */
const numberOf = ({ value }: Pick<Point, 'value'>): number => Number(value);

function summaryOf(points: readonly Point[]): MetricSummary {
  let nonFinite = 0;
  let last: MetricValue | null = null;
  let min: MetricValue | null = null;
  let max: MetricValue | null = null;
  for (const point of points) {
    const { iteration } = point;
    const value = numberOf(point);
    if (last === null || iteration >= last.iteration) last = { iteration, value };
    if (!Number.isFinite(value)) {
      nonFinite += 1;
      continue;
    }
    if (min === null || value < min.value) min = { iteration, value };
    if (max === null || value > max.value) max = { iteration, value };
  }
  return { count: points.length, nonFinite, last, min, max };
}

/** Of each part of a long series, its lowest and its highest value, in their order. */
function curveOf(points: readonly Point[]): readonly MetricValue[] {
  const sorted = points
    .map((point) => ({ iteration: point.iteration, value: numberOf(point) }))
    .sort((a, b) => a.iteration - b.iteration);
  if (sorted.length <= MAX_CURVE_VALUES) return sorted;
  const parts = MAX_CURVE_VALUES / 2;
  const curve: MetricValue[] = [];
  for (let part = 0; part < parts; part += 1) {
    const from = Math.floor((part * sorted.length) / parts);
    const to = Math.floor(((part + 1) * sorted.length) / parts);
    curve.push(...extremesOf(sorted.slice(from, to)));
  }
  return curve;
}

function extremesOf(values: readonly MetricValue[]): MetricValue[] {
  const finite = values.filter(({ value }) => Number.isFinite(value));
  const [first] = finite.length > 0 ? finite : values;
  if (first === undefined) return [];
  let [low, high] = [first, first];
  for (const each of finite) {
    if (each.value < low.value) low = each;
    if (each.value > high.value) high = each;
  }
  if (low === high) return [low];
  return low.iteration <= high.iteration ? [low, high] : [high, low];
}

export const RANKINGS = ['min', 'max', 'last'] as const;
export type Ranking = (typeof RANKINGS)[number];

/**
 * The series with the best first: the lowest minimum or last value, or the highest maximum. Series
 * without a finite value are last.
 */
export const ranked = (series: readonly MetricSeries[], by: Ranking): MetricSeries[] =>
  [...series].sort((a, b) => rankOf(a, by) - rankOf(b, by));

function rankOf(series: MetricSeries, by: Ranking): number {
  const value = series[by]?.value ?? Number.NaN;
  if (!Number.isFinite(value)) return Number.MAX_VALUE;
  return by === 'max' ? -value : value;
}
