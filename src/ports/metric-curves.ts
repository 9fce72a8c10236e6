/**
 * Metrics reduced from points: what each store computes in the same way.
 *
 * @module
 */
import type { Point } from '../model/artifacts.ts';
import {
  type MetricPoints,
  type MetricSummary,
  pointsByMetric,
  summaryOf,
} from '../model/metric-summaries.ts';
import { reducePoints, type SeriesRequest } from '../model/reduced-series.ts';
import type {
  MetricCurve,
  MetricCurves,
  MetricSelection,
  PointPage,
  PointPosition,
  StepReport,
} from './tasks.ts';

type PointsReport = Pick<StepReport, 'sequence' | 'points'>;

/**
 * A page of the points of an attempt.
 *
 * @param reports those of the attempt from `from` on, in order, read as far as they are needed
 */
export function pointPageOf(
  attempt: number,
  reports: Iterable<PointsReport>,
  from: PointPosition | null,
  limit: number,
): PointPage {
  const points: Point[] = [];
  for (const report of reports) {
    const first = report.sequence === from?.sequence ? from.index : 0;
    for (let index = first; index < report.points.length; index += 1) {
      if (points.length === limit)
        return { points, next: { attempt, sequence: report.sequence, index } };
      const point = report.points[index];
      if (point !== undefined) points.push(point);
    }
  }
  return { points, next: null };
}

export const summariesOf = (points: readonly Point[]): readonly MetricSummary[] =>
  pointsByMetric(points).map(summaryOf);

export function curveOf(metric: MetricPoints, request: SeriesRequest): MetricCurve {
  const summary = summaryOf(metric);
  return { summary, reduced: reducePoints(metric.points, summary.firstAt, request) };
}

/** The part of the metrics that a selection names. */
export function selectMetrics<M extends { readonly title: string; readonly series: string }>(
  metrics: readonly M[],
  { title, series, from, limit }: MetricSelection,
): { readonly items: readonly M[]; readonly more: boolean } {
  const matching = metrics.filter(
    (metric) =>
      (title === undefined || metric.title === title) &&
      (series === undefined || metric.series === series),
  );
  return { items: matching.slice(from, from + limit), more: matching.length > from + limit };
}

export function curvesOf(
  metrics: readonly MetricPoints[],
  selection: MetricSelection,
  request: SeriesRequest,
): MetricCurves {
  const { items, more } = selectMetrics(metrics, selection);
  return { items: items.map((metric) => curveOf(metric, request)), more };
}
