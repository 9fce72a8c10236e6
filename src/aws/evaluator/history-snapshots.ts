/**
 * Snapshots: the history of a run from its start as one object, after the code of its logic. A cold
 * evaluation therefore costs as many requests for 10,000 events as for 10, for which it reads the
 * code alone.
 *
 * 1. A snapshot holds committed items only and never changes: its key states how far it reaches.
 *    The pointer to the last snapshot is written after the snapshot.
 * 2. A snapshot belongs to a generation of the run. A resume cuts the history and starts without
 *    one.
 * 3. A lost or late pointer makes the next cold payload longer, and has no other effect.
 *
 * @module
 */
import { z } from 'zod';
import { MAX_BUNDLE_BYTES } from '../../model/limits.ts';
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
  /** The last snapshot, if there is one. */
  latest(info: RunInfo, generation: number): Promise<Snapshot | undefined>;
  /**
   * Makes a longer snapshot if the history has grown by enough since the last one.
   *
   * @param events the length of the history; some of its last events may not be committed
   * @param signatures the number of commands; some of the last ones may not be committed
   * @returns the new snapshot, if one was made
   */
  grow(
    info: RunInfo,
    generation: number,
    events: number,
    signatures: number,
  ): Promise<Snapshot | undefined>;
}

/** Items after the last snapshot that a payload carries. */
const TAIL_ITEMS = 500;
/**
 * Items that may not be committed yet when a snapshot is considered: one or two turns add as many.
 */
const MAX_UNCOMMITTED_ITEMS = 20;
const MAX_CACHED_SNAPSHOTS = 500;
/** The controller's function has 512 MB. Only the engine writes snapshots. */
const MAX_SNAPSHOT_BYTES = 128 * 2 ** 20;
const MAX_POINTER_BYTES = 10_000;

export interface SnapshotsOptions {
  readonly objects: Pick<S3Objects, 'get' | 'put' | 'putIfAbsent'>;
  readonly tasks: Pick<Tasks, 'events' | 'signatures'>;
}

export const createSnapshots = (options: SnapshotsOptions): Snapshots =>
  new ObjectSnapshots(options);

class ObjectSnapshots implements Snapshots {
  readonly #objects: SnapshotsOptions['objects'];
  readonly #tasks: SnapshotsOptions['tasks'];
  /** By the key of the pointer; undefined: the generation has no snapshot. */
  readonly #cached = new Map<string, Snapshot | undefined>();

  constructor({ objects, tasks }: SnapshotsOptions) {
    this.#objects = objects;
    this.#tasks = tasks;
  }

  async latest(info: RunInfo, generation: number): Promise<Snapshot | undefined> {
    const pointerKey = latestSnapshotKey(info, generation);
    if (this.#cached.has(pointerKey)) return this.#cached.get(pointerKey);
    const snapshot = await this.#readPointer(pointerKey);
    this.#remember(pointerKey, snapshot);
    return snapshot;
  }

  async grow(
    info: RunInfo,
    generation: number,
    events: number,
    signatures: number,
  ): Promise<Snapshot | undefined> {
    const minGrowth = TAIL_ITEMS + MAX_UNCOMMITTED_ITEMS;
    if (Math.max(events, signatures) < minGrowth) return undefined;
    const base = await this.latest(info, generation);
    const [fromEvent, fromSignature] = [base?.events ?? 0, base?.signatures ?? 0];
    if (Math.max(events - fromEvent, signatures - fromSignature) < minGrowth) return undefined;
    const newEvents = await collect(
      itemPages((from, limit) => this.#tasks.events(info.id, from, limit), {
        from: fromEvent,
        end: events,
      }),
    );
    const newSignatures = await collect(
      itemPages((from, limit) => this.#tasks.signatures(info.id, from, limit), {
        from: fromSignature,
        end: signatures,
      }),
    );
    if (newEvents.length < TAIL_ITEMS && newSignatures.length < TAIL_ITEMS) return undefined;
    const nextEvents = fromEvent + newEvents.length;
    const nextSignatures = fromSignature + newSignatures.length;
    const next: Snapshot = {
      key: snapshotKey(info, generation, nextEvents, nextSignatures),
      events: nextEvents,
      signatures: nextSignatures,
    };
    const before = await this.#packedBefore(info, base);
    // Rule 1: the snapshot first, then the pointer.
    await this.#objects.putIfAbsent(
      next.key,
      Buffer.concat([before, packHistory(newEvents, newSignatures)]),
    );
    const pointerKey = latestSnapshotKey(info, generation);
    await this.#objects.put(pointerKey, Buffer.from(JSON.stringify(next)));
    this.#remember(pointerKey, next);
    return next;
  }

  /** The snapshot that a longer one continues, or the code of the logic. */
  async #packedBefore(info: RunInfo, base: Snapshot | undefined): Promise<Uint8Array> {
    if (base !== undefined) return this.#objects.get(base.key, MAX_SNAPSHOT_BYTES);
    const code = await this.#objects.get(info.code.logic.key, MAX_BUNDLE_BYTES);
    return packCode(Buffer.from(code).toString());
  }

  async #readPointer(key: string): Promise<Snapshot | undefined> {
    try {
      const pointer = await this.#objects.get(key, MAX_POINTER_BYTES);
      return snapshotSchema.parse(JSON.parse(Buffer.from(pointer).toString()));
    } catch (error) {
      if (error instanceof ObjectMissingError) return undefined;
      throw error;
    }
  }

  #remember(pointerKey: string, snapshot: Snapshot | undefined): void {
    if (this.#cached.size >= MAX_CACHED_SNAPSHOTS) this.#cached.clear();
    this.#cached.set(pointerKey, snapshot);
  }
}
