/**
 * The status of each call: four bits, and 1,792 calls in one item, so that an update of the item is
 * one write unit.
 *
 * 1. The lower three bits of a code are the index of the status in `STEP_STATUSES`. The highest bit
 *    marks a terminal step whose completion is not recorded yet.
 * 2. An item that exists has the codes of all its calls below the number of calls at the checkpoint
 *    that wrote it. Runs of earlier versions have none: then the codes follow from the items of the
 *    steps.
 *
 * @module
 */
import { isTerminalStep, type Step } from '../../model/step.ts';
import { statusIndex } from '../../ports/run-state.ts';
import {
  bytes,
  bytesIn,
  endOfPrefix,
  type Item,
  inParallel,
  type Table,
  textIn,
} from '../dynamodb/table.ts';
import {
  type CheckpointWindow,
  ifNotOlder,
  itemMetadata,
  type Write,
} from './checkpoint-window.ts';
import { firstCallsAfter, isUnfinished, type RunState, stepsIn } from './run-state.ts';
import { readStep, stepItems } from './steps.ts';
import { runPartition, statusesKey } from './table-keys.ts';

/** 896 bytes, which leave room for keys and metadata within one write unit. */
export const CALLS_PER_BUCKET = 1792;
const UNRECORDED = 8;
const STATUS_BITS = 7;

const codeOf = (step: Step): number =>
  isTerminalStep(step.status) && isUnfinished(step)
    ? statusIndex(step.status) | UNRECORDED
    : statusIndex(step.status);
const FIRST_TERMINAL = statusIndex('completed');
const isUnfinishedCode = (code: number): boolean => code < FIRST_TERMINAL || code >= UNRECORDED;
const statusIndexIn = (code: number): number => code & STATUS_BITS;

const bucketOf = (call: number): number => Math.floor(call / CALLS_PER_BUCKET);
const bucketIn = (item: Item): number => Number(textIn(item, 'sk').slice(2));

/** The codes of some buckets, by their numbers. */
export type StatusBuckets = ReadonlyMap<number, Uint8Array>;

/** The buckets of the calls that the window changes, as they were before it, or are by now. */
export async function readTouchedBuckets({
  table,
  id,
  base,
  records,
}: CheckpointWindow): Promise<StatusBuckets> {
  const touched = [...new Set([...stepsIn(records).keys()].map(bucketOf))];
  const items = await table.getMany(touched.map((bucket) => statusesKey(id, bucket)));
  return completed(table, id, new Map(items.map((item) => [bucketIn(item), codesIn(item)])), {
    buckets: touched,
    callCount: base.callCount,
  });
}

/** Whether the call was completed when the bucket was written. */
export const wasCompleted = (buckets: StatusBuckets, call: number): boolean =>
  statusIndexIn(buckets.get(bucketOf(call))?.[call % CALLS_PER_BUCKET] ?? 0) === FIRST_TERMINAL;

export function writeStatuses(window: CheckpointWindow, before: StatusBuckets): readonly Write[] {
  const { table, id, records } = window;
  const steps = [...stepsIn(records).values()];
  return [...before].map(([bucket, codes]) => async () => {
    const own = steps.filter(({ call }) => bucketOf(call) === bucket);
    const length = Math.max(codes.length, ...own.map(({ call }) => (call % CALLS_PER_BUCKET) + 1));
    const after = new Uint8Array(length);
    after.set(codes);
    for (const step of own) after[step.call % CALLS_PER_BUCKET] = codeOf(step);
    await table.put(
      statusesKey(id, bucket),
      { b: bytes(packed(after)), ...itemMetadata(window) },
      ifNotOlder(window),
    );
  });
}

export async function readUnfinished(
  table: Table,
  state: RunState,
  after: number,
  limit: number,
): Promise<readonly number[]> {
  const recent = stepsIn(state.tail);
  const fresh = [...recent.values()].filter(isUnfinished).map((step) => step.call);
  const stored: number[] = [];
  const buckets = await readBuckets(table, state, after + 1);
  for (const [bucket, codes] of [...buckets].sort(([a], [b]) => a - b))
    codes.forEach((code, n) => {
      const call = bucket * CALLS_PER_BUCKET + n;
      if (isUnfinishedCode(code) && call < state.base.callCount && !recent.has(call))
        stored.push(call);
    });
  return firstCallsAfter([...stored, ...fresh], after, limit);
}

/** For each call of the run the index of its status, without the commits since the last checkpoint. */
export async function readStatuses(table: Table, state: RunState): Promise<Uint8Array> {
  const statuses = new Uint8Array(state.head.callCount);
  for (const [bucket, codes] of await readBuckets(table, state, 0))
    codes.forEach((code, n) => {
      const call = bucket * CALLS_PER_BUCKET + n;
      if (call < state.base.callCount) statuses[call] = statusIndexIn(code);
    });
  return statuses;
}

/** The buckets from that of call `from` on. */
async function readBuckets(
  table: Table,
  { id, base: { callCount } }: RunState,
  from: number,
): Promise<StatusBuckets> {
  const first = bucketOf(from);
  const buckets = Array.from(
    { length: Math.max(0, bucketOf(callCount - 1) + 1 - first) },
    (_, n) => first + n,
  );
  if (buckets.length === 0) return new Map();
  const items = await table.list({
    pk: runPartition(id),
    from: statusesKey(id, first).sk,
    to: endOfPrefix('K#'),
  });
  const found = new Map(items.map((item) => [bucketIn(item), codesIn(item)]));
  return completed(table, id, found, { buckets, callCount });
}

/**
 * The codes of these buckets, for calls below `callCount`. Those that no item has are derived from
 * the items of the steps (rule 2).
 */
async function completed(
  table: Table,
  id: RunState['id'],
  found: ReadonlyMap<number, Uint8Array>,
  { buckets, callCount }: { readonly buckets: readonly number[]; readonly callCount: number },
): Promise<StatusBuckets> {
  return new Map(
    await inParallel(buckets, async (bucket) => {
      const codes = found.get(bucket);
      const first = bucket * CALLS_PER_BUCKET;
      const end = Math.min(callCount, first + CALLS_PER_BUCKET);
      // Behind them are codes of calls that a rewind removed, or of a checkpoint that is not complete.
      if (codes !== undefined)
        return [bucket, codes.subarray(0, Math.max(0, end - first))] as const;
      const derived = new Uint8Array(Math.max(0, end - first));
      for (const item of await stepItems(table, id, first, end)) {
        const step = await readStep(table, item);
        derived[step.call - first] = codeOf(step);
      }
      return [bucket, derived] as const;
    }),
  );
}

/** Two codes in a byte, the lower half first. */
function packed(codes: Uint8Array): Uint8Array {
  const halves = new Uint8Array(Math.ceil(codes.length / 2));
  codes.forEach((code, n) => {
    halves[n >> 1] = (halves[n >> 1] ?? 0) | (code << (4 * (n & 1)));
  });
  return halves;
}

function codesIn(item: Item): Uint8Array {
  const halves = bytesIn(item, 'b');
  const codes = new Uint8Array(halves.length * 2);
  halves.forEach((half, n) => {
    codes[2 * n] = half & 15;
    codes[2 * n + 1] = half >> 4;
  });
  return codes;
}
