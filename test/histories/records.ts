/**
 * The records of a recorded engine: tables of DynamoDB in memory, or a file of SQLite. Both can be
 * dumped and restored.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { CACHE_TABLE, TASKS_TABLE } from '../../src/aws/deployment/table-schemas.ts';
import { createDynamoQueries } from '../../src/aws/tasks/queries.ts';
import { openStore, type Store } from '../../src/local/store/store.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { Retention } from '../../src/model/retention.ts';
import type { Cache } from '../../src/ports/cache.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Limits } from '../../src/ports/limits.ts';
import type { RunQueries, Tasks, Timer } from '../../src/ports/tasks.ts';
import { MemoryDynamo } from '../../testing/dynamodb/memory-dynamodb.ts';
import type * as kit from './kit.ts';

export type Kit = typeof kit;
export type RecordsKind = 'dynamodb' | 'sqlite';

export interface RunTimer extends Timer {
  readonly run: RunId;
}

/** The ports of a new process. */
export interface OpenRecords {
  readonly tasks: Tasks;
  readonly cache: Cache;
  readonly limits: Limits;
}

export interface Records {
  open(kit: Kit): OpenRecords;
  readonly queries: RunQueries;
  /** Removes and returns the next timer of the runs that is not for a sweep. */
  removeNextTimer(runs: readonly RunId[]): RunTimer | undefined;
  /** The records as text, for a later engine. */
  dump(): string;
  close(): void;
}

type Item = Readonly<Record<string, AttributeValue>>;
const isBytes = (value: unknown): value is { readonly bytes: string } =>
  typeof value === 'object' && value !== null && 'bytes' in value;
/** The JSON of a Buffer: its `toJSON` is called before the replacer. */
const bufferSchema = z.object({ type: z.literal('Buffer'), data: z.array(z.number()) });
const serialize = (value: unknown): string =>
  JSON.stringify(value, (_, each) => {
    const buffer = each instanceof Uint8Array ? { data: each } : bufferSchema.safeParse(each).data;
    return buffer === undefined ? each : { bytes: Buffer.from(buffer.data).toString('base64') };
  });
const deserialize = (json: string) =>
  JSON.parse(json, (_, each: unknown) =>
    isBytes(each) ? Uint8Array.from(Buffer.from(each.bytes, 'base64')) : each,
  );

const CENTURY_DAYS = 36_500;
const RETENTION: Retention = {
  activeDays: CENTURY_DAYS,
  runDays: CENTURY_DAYS,
  reuseDays: CENTURY_DAYS,
};

export function dynamoRecords(clock: Clock, dumped?: string): Records {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('tasks', TASKS_TABLE);
  dynamo.createTable('cache', CACHE_TABLE);
  const restored: {
    readonly tasks: readonly Item[];
    readonly cache: readonly Item[];
    readonly timers: readonly RunTimer[];
  } = dumped === undefined ? { tasks: [], cache: [], timers: [] } : deserialize(dumped);
  dynamo.restore('tasks', restored.tasks);
  dynamo.restore('cache', restored.cache);
  let timers = [...restored.timers];
  const options = {
    client: dynamo.client(),
    retention: RETENTION,
    // The option of the kit of 0.1.0.
    retentionDays: CENTURY_DAYS,
    clock,
  };
  const set = async (run: RunId, more: readonly Timer[]) => {
    const fresh = more.map((timer) => ({ ...timer, run }));
    const isSet = (timer: RunTimer) =>
      fresh.some((each) => JSON.stringify(each) === JSON.stringify(timer));
    timers = [...timers.filter((timer) => !isSet(timer)), ...fresh].sort((a, b) => a.at - b.at);
  };
  return {
    open: (kit) => ({
      tasks: kit.createDynamoTasks({ ...options, table: 'tasks', role: 'writer', timers: { set } }),
      cache: kit.createDynamoCache({ ...options, table: 'cache' }),
      limits: kit.createDynamoLimits({ ...options, table: 'cache' }),
    }),
    queries: createDynamoQueries({ ...options, table: 'tasks' }),
    removeNextTimer() {
      const next = timers.find(({ kind }) => kind !== 'sweep');
      timers = timers.filter((timer) => timer !== next);
      return next;
    },
    dump: () => serialize({ tasks: dynamo.items('tasks'), cache: dynamo.items('cache'), timers }),
    close: () => undefined,
  };
}

export function sqliteRecords(_clock: Clock, dumped?: string): Records {
  const home = mkdtempSync(join(tmpdir(), 'headrace-history-'));
  const file = join(home, 'headrace.db');
  if (dumped !== undefined) writeFileSync(file, Buffer.from(dumped, 'base64'));
  let store: Store = openStore(home);
  const reopen = () => {
    store.close();
    store = openStore(home);
  };
  return {
    // Each process opens the file again.
    open() {
      reopen();
      return { tasks: store.tasks, cache: store.cache, limits: store.limits };
    },
    get queries() {
      return store.queries;
    },
    removeNextTimer(runs) {
      for (const timer of store.timers.due(runs, Number.MAX_SAFE_INTEGER, 1000)) {
        if (timer.kind === 'sweep') continue;
        store.timers.removeHandled([timer]);
        return timer;
      }
      return undefined;
    },
    dump() {
      // A closed database consists of one file.
      store.close();
      const content = readFileSync(file).toString('base64');
      store = openStore(home);
      return content;
    },
    close() {
      store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
