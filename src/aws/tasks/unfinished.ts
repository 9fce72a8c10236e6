/**
 * The unfinished calls: one bit for each call, and several thousand calls in one item.
 *
 * @module
 */

import { bytes, bytesIn, endOfPrefix, type Item, type Table, textIn } from '../dynamodb/table.ts';
import {
  type CheckpointWindow,
  ifNotOlder,
  itemMetadata,
  type Write,
} from './checkpoint-window.ts';
import { firstCallsAfter, isUnfinished, type RunState, stepsIn } from './run-state.ts';
import { runPartition, unfinishedKey } from './table-keys.ts';

const CALLS_PER_BUCKET = 4096;

const bucketOf = (call: number): number => Math.floor(call / CALLS_PER_BUCKET);
const bucketIn = (item: Item): number => Number(textIn(item, 'sk').slice(2));

export async function writeUnfinished(window: CheckpointWindow): Promise<readonly Write[]> {
  const { table, id, records, cut } = window;
  const steps = [...stepsIn(records).values()];
  const touched = [...new Set(steps.map((step) => bucketOf(step.call)))];
  const from = cut === null ? undefined : unfinishedKey(id, bucketOf(cut.callCount)).sk;
  const items = [
    ...(await table.getMany(touched.map((bucket) => unfinishedKey(id, bucket)))),
    ...(from === undefined
      ? []
      : await table.list({ pk: runPartition(id), from, to: endOfPrefix('U#') })),
  ];
  const sets = new Map(items.map((item) => [bucketIn(item), new Set(callsIn(item))]));
  for (const bucket of touched) if (!sets.has(bucket)) sets.set(bucket, new Set());
  return [...sets].map(([bucket, calls]) => async () => {
    if (cut !== null) for (const call of calls) if (call >= cut.callCount) calls.delete(call);
    for (const step of steps) {
      if (bucketOf(step.call) !== bucket) continue;
      if (isUnfinished(step)) calls.add(step.call);
      else calls.delete(step.call);
    }
    await table.put(
      unfinishedKey(id, bucket),
      { b: bytes(bitsOf(calls, bucket)), ...itemMetadata(window) },
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
  const from = unfinishedKey(state.id, Math.max(0, bucketOf(after + 1))).sk;
  for await (const page of table.pages({
    pk: runPartition(state.id),
    from,
    to: endOfPrefix('U#'),
  })) {
    for (const item of page)
      stored.push(
        ...callsIn(item).filter(
          (call) => call > after && call < state.base.callCount && !recent.has(call),
        ),
      );
    if (stored.length >= limit) break;
  }
  return firstCallsAfter([...stored, ...fresh], after, limit);
}

function bitsOf(calls: ReadonlySet<number>, bucket: number): Uint8Array {
  const bits = new Uint8Array(
    Math.floor(Math.max(-1, ...[...calls].map((call) => call - bucket * CALLS_PER_BUCKET)) / 8) + 1,
  );
  for (const call of calls) {
    const bit = call - bucket * CALLS_PER_BUCKET;
    bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  return bits;
}

function callsIn(item: Item): readonly number[] {
  const bits = bytesIn(item, 'b');
  const first = bucketIn(item) * CALLS_PER_BUCKET;
  const calls: number[] = [];
  for (let bit = 0; bit < bits.length * 8; bit += 1)
    if (((bits[bit >> 3] ?? 0) >> (bit & 7)) & 1) calls.push(first + bit);
  return calls;
}
