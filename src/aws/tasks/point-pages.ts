/**
 * Pages of the points of a step: a page reads the reports that it contains, not those before it.
 *
 * Reports of a step that existed before a rewind have keys of several prefixes. They are read as a
 * whole for each page.
 *
 * @module
 */
import { pointPageOf } from '../../ports/metric-curves.ts';
import type { PointPage, PointPosition, StepReport } from '../../ports/tasks.ts';
import { readDocument } from '../dynamodb/stored-documents.ts';
import { endOfPrefix, inParallel, type Table } from '../dynamodb/table.ts';
import {
  inOrder,
  readReportsIn,
  recentReports,
  reportItemOf,
  singleReportsPrefix,
} from './reports.ts';
import type { RunState } from './run-state.ts';
import { readSteps } from './steps.ts';
import { padded, stepPartition } from './table-keys.ts';

/** A report has up to 500 points: a page of points seldom needs more reports. */
const MAX_REPORTS_PER_READ = 20;
const NO_POINTS: PointPage = { points: [], next: null };

export async function readPointPage(
  table: Table,
  state: RunState,
  call: number,
  from: PointPosition | null,
  limit: number,
): Promise<PointPage> {
  if (call >= state.head.callCount) return NO_POINTS;
  const attempt =
    from?.attempt ?? (await readSteps(table, state, [call])).at(0)?.attempts.at(-1)?.number;
  if (attempt === undefined) return NO_POINTS;
  const item = await reportItemOf(table, state, call);
  const prefix = singleReportsPrefix(state, call, item);
  const reports =
    prefix === undefined
      ? await readReportsIn(table, state, call, item)
      : await readReportsFrom(table, state, call, {
          prefix: `${prefix}${padded(attempt)}#`,
          sequence: from?.sequence ?? 0,
          points: limit + (from?.index ?? 0) + 1,
        });
  return pointPageOf(
    attempt,
    reports.filter(
      (report) => report.attempt === attempt && report.sequence >= (from?.sequence ?? 0),
    ),
    from,
    limit,
  );
}

/** Reports from a sequence on, at least as many as have these points. */
async function readReportsFrom(
  table: Table,
  state: RunState,
  call: number,
  wanted: { readonly prefix: string; readonly sequence: number; readonly points: number },
): Promise<readonly StepReport[]> {
  const found: StepReport[] = [];
  let points = 0;
  for await (const items of table.pages({
    pk: stepPartition(state.id, call),
    from: `${wanted.prefix}${padded(wanted.sequence)}`,
    to: endOfPrefix(wanted.prefix),
    limit: Math.min(wanted.points, MAX_REPORTS_PER_READ),
  })) {
    const reports = await inParallel(items, (item) => readDocument<StepReport>(table, item));
    found.push(...reports);
    points += reports.reduce((sum, report) => sum + report.points.length, 0);
    if (points >= wanted.points) return inOrder(found);
  }
  return inOrder([...found, ...recentReports(state, call)]);
}
