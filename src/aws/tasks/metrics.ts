/**
 * Metrics of steps, reduced: from stored reductions where they are valid, else from the reports.
 *
 * 1. Only the reductions of an attempt that ended are stored, and only if they are much smaller than
 *    its reports. They are written when they are first read, by the API.
 * 2. A reduction that cannot be stored is returned all the same.
 *
 * @module
 */
import type { Point } from '../../model/artifacts.ts';
import { type MetricPoints, pointsByMetric, summaryOf } from '../../model/metric-summaries.ts';
import {
  DEFAULT_SERIES_POINTS,
  type ReducedSeries,
  reducePoints,
  type SeriesAxis,
  type SeriesRequest,
  shiftSeries,
} from '../../model/reduced-series.ts';
import { isTerminalAttempt, type Step } from '../../model/step.ts';
import { curvesOf, selectMetrics, summariesOf } from '../../ports/metric-curves.ts';
import type { MetricCurves, MetricSelection, StepMetrics } from '../../ports/tasks.ts';
import { type Item, inParallel, type Table, textIn } from '../dynamodb/table.ts';
import { readReportsIn, recentReports, reportItemOf, reportRangesOf } from './reports.ts';
import type { RunState } from './run-state.ts';
import { readStepsWithItems } from './steps.ts';
import {
  type ReducedMetric,
  readReducedMetrics,
  readSummaryItems,
  type StoredMetricsOf,
  storeReducedMetric,
  storeSummaries,
  summariesIn,
} from './stored-metrics.ts';
import { stepPartition } from './table-keys.ts';

/** Summaries of fewer points are computed from the reports: these are as fast to read. */
const MIN_SUMMARIZED_POINTS = 1000;
/** Reductions are stored if the reports have this many times as many points. */
const STORED_SHARE = 4;
/** A step with more metrics has no stored reductions: there would be too many items. */
const MAX_STORED_METRICS = 200;

export async function readStepMetrics(
  table: Table,
  state: RunState,
  calls: readonly number[],
): Promise<readonly StepMetrics[]> {
  const steps = await readStepsWithItems(table, state, calls);
  const executed = steps.filter(({ step }) => step.attempts.length > 0);
  const stored = await readSummaryItems(
    table,
    state.id,
    executed.map(({ step }) => step.call),
  );
  return await inParallel(steps, async ({ step, item }) => ({
    call: step.call,
    metrics:
      step.attempts.length === 0
        ? []
        : await readSummaries(
            table,
            state,
            step,
            item ?? (await reportItemOf(table, state, step.call)),
            stored.get(step.call),
          ),
  }));
}

async function readSummaries(
  table: Table,
  state: RunState,
  step: Step,
  item: Item,
  stored: Item | undefined,
): Promise<StepMetrics['metrics']> {
  const of = stored && (await storedMetricsOf(table, state, step, item));
  const known = stored && of && (await summariesIn(table, stored, of.lastReport));
  if (known !== undefined) return known;
  const points = await readPoints(table, state, step, item);
  const summaries = summariesOf(points);
  if (points.length >= MIN_SUMMARIZED_POINTS && summaries.length <= MAX_STORED_METRICS)
    await storeIfPossible(async () => {
      const target = of ?? (await storedMetricsOf(table, state, step, item));
      if (target !== undefined) await storeSummaries(table, target, summaries);
    });
  return summaries;
}

export async function readStepCurves(
  table: Table,
  state: RunState,
  call: number,
  selection: MetricSelection,
  request: SeriesRequest,
): Promise<MetricCurves> {
  const [found] = await readStepsWithItems(table, state, [call]);
  if (found === undefined || found.step.attempts.length === 0) return { items: [], more: false };
  const { step, item = await reportItemOf(table, state, call) } = found;
  const isDefault =
    request.points === DEFAULT_SERIES_POINTS &&
    request.from === undefined &&
    request.to === undefined;
  const known = isDefault
    ? await readStoredCurves(table, state, step, item, selection, request)
    : undefined;
  if (known !== undefined) return known;
  const points = await readPoints(table, state, step, item);
  const metrics = pointsByMetric(points);
  if (isDefault && isWorthStoring(points.length, metrics))
    await storeIfPossible(() => storeCurves(table, state, step, item, metrics, selection));
  return curvesOf(metrics, selection, request);
}

async function readStoredCurves(
  table: Table,
  state: RunState,
  step: Step,
  item: Item,
  selection: MetricSelection,
  { x }: SeriesRequest,
): Promise<MetricCurves | undefined> {
  const stored = (await readSummaryItems(table, state.id, [step.call])).get(step.call);
  const of = stored && (await storedMetricsOf(table, state, step, item));
  const summaries = stored && of && (await summariesIn(table, stored, of.lastReport));
  if (of === undefined || summaries === undefined) return undefined;
  const { items, more } = selectMetrics(numbered(summaries), selection);
  const reduced = await readReducedMetrics(
    table,
    of,
    items.map(({ metric }) => metric),
  );
  return reduced === undefined
    ? undefined
    : {
        items: items.flatMap(({ metric: _, ...summary }, index) => {
          const each = reduced[index];
          return each === undefined ? [] : [{ summary, reduced: onAxis(each, x, summary.firstAt) }];
        }),
        more,
      };
}

const onAxis = (reduced: ReducedMetric, x: SeriesAxis, firstAt: number): ReducedSeries =>
  x === 'time' ? shiftSeries(reduced.relative, firstAt) : reduced[x];

const numbered = <M extends object>(metrics: readonly M[]): (M & { readonly metric: number })[] =>
  metrics.map((metric, index) => ({ ...metric, metric: index }));

/** The curves before the summaries: a reader of the summaries may expect them. */
async function storeCurves(
  table: Table,
  state: RunState,
  step: Step,
  item: Item,
  metrics: readonly MetricPoints[],
  selection: MetricSelection,
): Promise<void> {
  const of = await storedMetricsOf(table, state, step, item);
  if (of === undefined) return;
  const { items } = selectMetrics(numbered(metrics), selection);
  await inParallel(items, ({ metric, ...points }) =>
    storeReducedMetric(table, of, metric, reductionsOf(points)),
  );
  await storeSummaries(table, of, metrics.map(summaryOf));
}

function reductionsOf(metric: MetricPoints): ReducedMetric {
  const { firstAt } = summaryOf(metric);
  const reduced = (x: 'iteration' | 'relative') =>
    reducePoints(metric.points, firstAt, { x, points: DEFAULT_SERIES_POINTS });
  return { iteration: reduced('iteration'), relative: reduced('relative') };
}

function isWorthStoring(points: number, metrics: readonly MetricPoints[]): boolean {
  const kept = metrics.reduce(
    (sum, metric) => sum + Math.min(metric.points.length, DEFAULT_SERIES_POINTS),
    0,
  );
  return metrics.length <= MAX_STORED_METRICS && points >= STORED_SHARE * kept;
}

/**
 * Under which reports reductions of the step can be stored: undefined while its attempt runs, and
 * while reports of it are in the last commits only.
 */
async function storedMetricsOf(
  table: Table,
  state: RunState,
  step: Step,
  item: Item,
): Promise<StoredMetricsOf | undefined> {
  const attempt = step.attempts.at(-1);
  const { call } = step;
  if (attempt === undefined || !isTerminalAttempt(attempt)) return undefined;
  if (call >= state.base.callCount || recentReports(state, call).length > 0) return undefined;
  for (const range of reportRangesOf(state, call, item).toReversed()) {
    const pk = stepPartition(state.id, range.call);
    const { from, to } = range;
    const [last] = await table.list({ pk, from, to, descending: true, limit: 1 }, 1);
    if (last !== undefined)
      return {
        run: state.id,
        call,
        lastReport: `${attempt.number} ${attempt.job.name} ${textIn(last, 'sk')}`,
        expiresAt: state.expiresAt,
      };
  }
  return undefined;
}

async function readPoints(
  table: Table,
  state: RunState,
  { call, attempts }: Step,
  item: Item,
): Promise<readonly Point[]> {
  const attempt = attempts.at(-1)?.number;
  return (await readReportsIn(table, state, call, item))
    .filter((report) => report.attempt === attempt)
    .flatMap((report) => report.points);
}

/** Rule 2: the table may be throttled, or the caller may read only. */
async function storeIfPossible(store: () => Promise<void>): Promise<void> {
  try {
    await store();
  } catch {
    // The next reader computes and stores it again.
  }
}
