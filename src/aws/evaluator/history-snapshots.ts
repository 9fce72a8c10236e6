/**
 * The history of a run as an object, from its beginning to some number, behind the code of its logic: so that a cold evaluation costs as many requests for 10,000 events
 * as for 10, where it reads the code alone.
 *
 * 1. A snapshot holds what is committed, and is never changed: its key says how far it goes. What points to the last one is written after it.
 * 2. It belongs to a generation of the run: a resume, which cuts the history, begins with none.
 * 3. A lost or late pointer costs a longer tail, nothing else.
 *
 * @module
 */
import { z } from 'zod';
import { latestSnapshotKey, snapshotKey } from '../../model/object-layout.ts';
import type { RunInfo } from '../../model/run.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import { collect, itemPages } from '../../ports/pages.ts';
import type { Tasks } from '../../ports/tasks.ts';
import type { S3Objects } from '../storage/s3-objects.ts';
import { packCode, packHistory } from './history-encoding.ts';

const snapshotSchema = z.object({
  key: z.string(),
  events: z.int().nonnegative(),
  signatures: z.int().nonnegative(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

export interface Snapshots {
  /** The last one, if there is one. */
  latest(info: RunInfo, generation: number): Promise<Snapshot | undefined>;
  /** Makes a longer one, if the history has grown by enough since. @param events, signatures: how many there are, of which some may not be committed @returns it, if one was made */
  grow(
    info: RunInfo,
    generation: number,
    events: number,
    signatures: number,
  ): Promise<Snapshot | undefined>;
}

/** Items of a tail that travels in a question. */
const TAIL_ITEMS = 500;
/** Items that are not committed when a snapshot is thought of: what a turn or two add. */
const MAX_UNCOMMITTED_ITEMS = 20;
const MAX_CACHED_SNAPSHOTS = 500;

export interface SnapshotsOptions {
  readonly objects: Pick<S3Objects, 'get' | 'put' | 'putIfAbsent'>;
  readonly tasks: Pick<Tasks, 'events' | 'signatures'>;
}

export function createSnapshots({ objects, tasks }: SnapshotsOptions): Snapshots {
  const cached = new Map<string, Snapshot | undefined>();

  function remember(pointerKey: string, snapshot: Snapshot | undefined): void {
    if (cached.size >= MAX_CACHED_SNAPSHOTS) cached.clear();
    cached.set(pointerKey, snapshot);
  }

  async function latest(info: RunInfo, generation: number): Promise<Snapshot | undefined> {
    const pointerKey = latestSnapshotKey(info, generation);
    if (cached.has(pointerKey)) return cached.get(pointerKey);
    const snapshot = await readPointer(pointerKey);
    remember(pointerKey, snapshot);
    return snapshot;
  }

  async function readPointer(key: string): Promise<Snapshot | undefined> {
    try {
      return snapshotSchema.parse(JSON.parse(Buffer.from(await objects.get(key)).toString()));
    } catch (error) {
      if (error instanceof ObjectMissingError) return undefined;
      throw error;
    }
  }

  return {
    latest,
    async grow(info, generation, events, signatures) {
      if (Math.max(events, signatures) < TAIL_ITEMS + MAX_UNCOMMITTED_ITEMS) return undefined;
      const base = await latest(info, generation);
      const [fromEvent, fromSignature] = [base?.events ?? 0, base?.signatures ?? 0];
      if (
        Math.max(events - fromEvent, signatures - fromSignature) <
        TAIL_ITEMS + MAX_UNCOMMITTED_ITEMS
      )
        return undefined;
      const newEvents = await collect(
        itemPages((from, limit) => tasks.events(info.id, from, limit), {
          from: fromEvent,
          end: events,
        }),
      );
      const newSignatures = await collect(
        itemPages((from, limit) => tasks.signatures(info.id, from, limit), {
          from: fromSignature,
          end: signatures,
        }),
      );
      if (newEvents.length < TAIL_ITEMS && newSignatures.length < TAIL_ITEMS) return undefined;
      const before =
        base === undefined
          ? packCode(Buffer.from(await objects.get(info.code.logic.key)).toString())
          : await objects.get(base.key);
      const pointerKey = latestSnapshotKey(info, generation);
      const nextEvents = fromEvent + newEvents.length;
      const nextSignatures = fromSignature + newSignatures.length;
      const next: Snapshot = {
        key: snapshotKey(info, generation, nextEvents, nextSignatures),
        events: nextEvents,
        signatures: nextSignatures,
      };
      await objects.putIfAbsent(
        next.key,
        Buffer.concat([before, packHistory(newEvents, newSignatures)]),
      );
      await objects.put(pointerKey, Buffer.from(JSON.stringify(next)));
      remember(pointerKey, next);
      return next;
    },
  };
}
