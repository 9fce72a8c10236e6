/**
 * The totals of a component's executions, as an attribute of its item.
 *
 * 1. A completed step is added once. The item of a component is written before the items of steps
 *    and statuses of the same checkpoint, on the condition that it is as it was read. So the totals
 *    of an item contain each step that is completed by its revision, and a step that is completed by
 *    the statuses on record is contained already.
 * 2. First start and last end are extremes, which may be added repeatedly.
 * 3. A component of an earlier version has no totals, until a rewind counts them.
 *
 * @module
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  addTotals,
  completedDurationMs,
  completedTotals,
  type ExecutionTotals,
  executionSpan,
} from '../../model/execution-totals.ts';
import type { Step } from '../../model/step.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/documents.ts';
import { bytes, bytesIn, type Item } from '../dynamodb/table.ts';
import type { CommitRecord } from './commit-log.ts';
import { stepsIn } from './run-state.ts';

type StoredTotals = readonly [
  startedAt: number | null,
  endedAt: number | null,
  durationMs: number,
  ...durations: number[],
];

/** Undefined for an item of an earlier version. */
export function totalsIn(item: Item): ExecutionTotals | undefined {
  if (item.t === undefined) return undefined;
  const [startedAt, endedAt, durationMs, ...durations] = decodeDocument<StoredTotals>(
    bytesIn(item, 't'),
  );
  return { startedAt, endedAt, durationMs, durations };
}

export const totalsAttribute = ({
  startedAt,
  endedAt,
  durationMs,
  durations,
}: ExecutionTotals): AttributeValue =>
  bytes(encodeDocument([startedAt, endedAt, durationMs, ...durations] satisfies StoredTotals));

/** The steps of each component in the commits, as the last of these left them. */
export function changedSteps(
  records: readonly CommitRecord[],
): ReadonlyMap<string, readonly Step[]> {
  const found = new Map<string, Step[]>();
  for (const step of stepsIn(records).values()) {
    const own = found.get(step.component);
    if (own === undefined) found.set(step.component, [step]);
    else own.push(step);
  }
  return found;
}

/** The revision at which each completed step of the commits was completed first. */
export function completionRevisions(records: readonly CommitRecord[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const { head, created, changed } of records)
    for (const { call, status } of [...created, ...changed])
      if (status === 'completed' && !found.has(call)) found.set(call, head.revision);
  return found;
}

export interface TotalsChange {
  readonly steps: readonly Step[];
  /** By call. */
  readonly completedAt: ReadonlyMap<number, number>;
  /** Whether the call was completed before the commits. */
  wasCompleted(call: number): boolean;
}

/** The totals of revision `revision` after the changes of the commits that may follow it (1, 2). */
export function totalsAfter(
  before: ExecutionTotals,
  revision: number,
  { steps, completedAt, wasCompleted }: TotalsChange,
): ExecutionTotals {
  let totals = before;
  for (const step of steps) {
    const isContained =
      wasCompleted(step.call) || (completedAt.get(step.call) ?? Number.MAX_VALUE) <= revision;
    totals = addTotals(totals, {
      ...executionSpan(step),
      ...completedTotals(isContained ? null : completedDurationMs(step)),
    });
  }
  return totals;
}

export const isSameTotals = (a: ExecutionTotals, b: ExecutionTotals): boolean =>
  a.startedAt === b.startedAt &&
  a.endedAt === b.endedAt &&
  a.durationMs === b.durationMs &&
  a.durations.every((count, bucket) => count === b.durations[bucket]);
