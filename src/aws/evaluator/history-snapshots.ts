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
import type { HistoryEvent } from '../../model/history.ts';
import { projectPrefix } from '../../model/object-layout.ts';
import type { RunInfo } from '../../model/run.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
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
const PAGE_ITEMS = 1000;
const MAX_CACHED_SNAPSHOTS = 500;

export interface SnapshotsOptions {
  readonly objects: Pick<S3Objects, 'get' | 'put' | 'putIfAbsent'>;
  readonly tasks: Pick<Tasks, 'events' | 'signatures'>;
}

export function createSnapshots({ objects, tasks }: SnapshotsOptions): Snapshots {
  const cached = new Map<string, Snapshot | undefined>();

  const prefixOf = (info: RunInfo, generation: number): string =>
    `${projectPrefix(info)}/history/${info.id}/${generation}`;

  function remember(prefix: string, snapshot: Snapshot | undefined): void {
    if (cached.size >= MAX_CACHED_SNAPSHOTS) cached.clear();
    cached.set(prefix, snapshot);
  }

  async function latest(info: RunInfo, generation: number): Promise<Snapshot | undefined> {
    const prefix = prefixOf(info, generation);
    if (cached.has(prefix)) return cached.get(prefix);
    const snapshot = await readPointer(`${prefix}/latest.json`);
    remember(prefix, snapshot);
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
      const newEvents = await readAll<HistoryEvent>(
        (from, limit) => tasks.events(info.id, from, limit),
        fromEvent,
        events,
      );
      const newSignatures = await readAll(
        (from, limit) => tasks.signatures(info.id, from, limit),
        fromSignature,
        signatures,
      );
      if (newEvents.length < TAIL_ITEMS && newSignatures.length < TAIL_ITEMS) return undefined;
      const before =
        base === undefined
          ? packCode(Buffer.from(await objects.get(info.code.logic.key)).toString())
          : await objects.get(base.key);
      const next: Snapshot = {
        key: `${prefixOf(info, generation)}/${fromEvent + newEvents.length}-${fromSignature + newSignatures.length}.gz`,
        events: fromEvent + newEvents.length,
        signatures: fromSignature + newSignatures.length,
      };
      await objects.putIfAbsent(
        next.key,
        Buffer.concat([before, packHistory(newEvents, newSignatures)]),
      );
      await objects.put(
        `${prefixOf(info, generation)}/latest.json`,
        Buffer.from(JSON.stringify(next)),
      );
      remember(prefixOf(info, generation), next);
      return next;
    },
  };
}

/** Items from number `from` up to `end`, or as many of them as are on record. */
async function readAll<T>(
  read: (from: number, limit: number) => Promise<readonly T[]>,
  from: number,
  end: number,
): Promise<readonly T[]> {
  const items: T[] = [];
  while (from + items.length < end) {
    const page = await read(from + items.length, Math.min(PAGE_ITEMS, end - from - items.length));
    if (page.length === 0) break;
    items.push(...page);
  }
  return items;
}
