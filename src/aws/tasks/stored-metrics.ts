/**
 * Reduced metrics of attempts that ended, as items beside the reports that they were computed from.
 *
 * 1. They are derived, like a cache: the reader that computed them stores them, and nothing depends
 *    on their existence. They are part of no commit, and cost a step nothing until it is read.
 * 2. Each item has the key of the last report that it contains. A reader compares it with the last
 *    report on record, so that a late report, another attempt and a resume make an item obsolete.
 * 3. They expire with the records of the run.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { MetricSummary } from '../../model/metric-summaries.ts';
import type { ReducedSeries } from '../../model/reduced-series.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import {
  type Item,
  type ItemKey,
  inParallel,
  number,
  type Table,
  text,
  textIn,
} from '../dynamodb/table.ts';
import { metricSummariesKey, reducedMetricKey } from './table-keys.ts';

/** The items of one step, valid for the reports up to `lastReport`. */
export interface StoredMetricsOf {
  readonly run: RunId;
  readonly call: number;
  readonly lastReport: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** A metric for the axes of a chart. That of `time` is shifted from `relative`. */
export interface ReducedMetric {
  readonly iteration: ReducedSeries;
  readonly relative: ReducedSeries;
}

/** The stored items of summaries, by call, whether they are obsolete or not. */
export async function readSummaryItems(
  table: Table,
  run: RunId,
  calls: readonly number[],
): Promise<ReadonlyMap<number, Item>> {
  const items = await table.getMany(calls.map((call) => metricSummariesKey(run, call)));
  const bySortKey = new Map(items.map((item) => [textIn(item, 'sk'), item]));
  return new Map(
    calls.flatMap((call) => {
      const item = bySortKey.get(metricSummariesKey(run, call).sk);
      return item === undefined ? [] : [[call, item] as const];
    }),
  );
}

/** The summaries of an item; undefined if it is obsolete. */
export const summariesIn = async (
  table: Table,
  item: Item,
  lastReport: string,
): Promise<readonly MetricSummary[] | undefined> =>
  textIn(item, 'k') === lastReport
    ? await readDocument<readonly MetricSummary[]>(table, item)
    : undefined;

/** The metrics with these numbers; undefined if one of them is missing or obsolete. */
export async function readReducedMetrics(
  table: Table,
  { run, call, lastReport }: Omit<StoredMetricsOf, 'expiresAt'>,
  numbers: readonly number[],
): Promise<readonly ReducedMetric[] | undefined> {
  const keys = numbers.map((each) => reducedMetricKey(run, call, each));
  const items = new Map(
    (await table.getMany(keys)).map((item) => [textIn(item, 'sk'), item] as const),
  );
  const valid = keys.flatMap(({ sk }) => {
    const item = items.get(sk);
    return item === undefined || textIn(item, 'k') !== lastReport ? [] : [item];
  });
  return valid.length < keys.length
    ? undefined
    : await inParallel(valid, (item) => readDocument<ReducedMetric>(table, item));
}

export const storeSummaries = (
  table: Table,
  of: StoredMetricsOf,
  summaries: readonly MetricSummary[],
): Promise<void> => store(table, of, metricSummariesKey(of.run, of.call), summaries);

export const storeReducedMetric = (
  table: Table,
  of: StoredMetricsOf,
  metric: number,
  reduced: ReducedMetric,
): Promise<void> => store(table, of, reducedMetricKey(of.run, of.call, metric), reduced);

async function store(
  table: Table,
  { lastReport, expiresAt }: StoredMetricsOf,
  key: ItemKey,
  document: unknown,
): Promise<void> {
  const lifetime = { expiresAt: number(expiresAt) };
  await table.put(key, {
    d: await storeDocument(table, key, document, lifetime),
    k: text(lastReport),
    ...lifetime,
  });
}
