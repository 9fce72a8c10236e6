/**
 * The embedded store: one SQLite file in the home folder, which any number of processes may use at
 * the same time.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Cache } from '../../ports/cache.ts';
import type { IdempotencyKeys } from '../../ports/idempotency-keys.ts';
import type { Limits } from '../../ports/limits.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import type { Registry } from '../../ports/registry.ts';
import type { Removal } from '../../ports/removal.ts';
import type { Schedules } from '../../ports/schedules.ts';
import type { RunQueries, Tasks } from '../../ports/tasks.ts';
import { secureHome } from '../private-files.ts';
import { ArchiveRecords } from './archive-records.ts';
import { Database } from './database.ts';
import { HistoryRecords } from './history-records.ts';
import { SqliteIdempotencyKeys } from './idempotency-keys.ts';
import { type Inbox, SqliteInbox } from './inbox.ts';
import { SqliteLimits } from './limit-records.ts';
import { SqliteModelRegistry } from './model-registry.ts';
import { ModelUseRecords } from './model-uses.ts';
import { SqliteRegistry } from './pipeline-registry.ts';
import { ReportRecords } from './report-records.ts';
import { RunOutputRecords } from './run-outputs.ts';
import { type RunOwners, SqliteRunOwners } from './run-owners.ts';
import { SqliteRunQueries } from './run-queries.ts';
import { SqliteRunRecords } from './run-records.ts';
import { SqliteRemoval } from './run-removal.ts';
import { SqliteSchedules } from './schedules.ts';
import { prepareSchema } from './schema.ts';
import { SqliteTasks, type StoreRecords } from './sqlite-tasks.ts';
import { SqliteCache } from './step-cache.ts';
import { EdgeRecords, StepRecords } from './step-records.ts';
import { TimerRecords, type Timers } from './timer-records.ts';

const DATABASE = 'headrace.db';

export interface Store {
  readonly tasks: Tasks;
  readonly queries: RunQueries;
  readonly cache: Cache;
  readonly limits: Limits;
  readonly registry: Registry;
  readonly models: ModelRegistry;
  readonly schedules: Schedules;
  readonly removal: Removal;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly timers: Timers;
  readonly owners: RunOwners;
  readonly inbox: Inbox;
  /** 32 random bytes, created with the store. Tokens are derived from them. */
  secret(): Buffer;
  close(): void;
}

/**
 * Opens the store of a home folder. The folder and the file are created if they are missing.
 *
 * @throws UnsafeHomeError, StoreCorruptError, StoreVersionError, StoreFullError, StoreBusyError,
 * StoreUnavailableError. All calls of the store may throw them, except `UnsafeHomeError` and
 * `StoreVersionError`.
 * @example const store = openStore('.headrace'); const run = await store.tasks.run(id);
 * store.close();
 */
export function openStore(home: string): Store {
  const { wasExposed } = secureHome(home);
  const database = new Database(join(home, DATABASE));
  try {
    prepareSchema(database);
    // Another user may have read it.
    if (wasExposed) database.exec(`DELETE FROM secrets WHERE name = 'tokens'`);
    return createStore(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Makes an existing home private, as `openStore` does, for work that needs no store.
 *
 * @throws UnsafeHomeError, and the errors of `openStore`
 */
export function protectHome(home: string): void {
  if (existsSync(join(home, DATABASE))) openStore(home).close();
  else secureHome(home);
}

function createStore(database: Database): Store {
  const reports = new ReportRecords(database);
  const timers = new TimerRecords(database);
  const records: StoreRecords = {
    runs: new SqliteRunRecords(database),
    steps: new StepRecords(database),
    edges: new EdgeRecords(database),
    history: new HistoryRecords(database),
    timers,
    reports,
    outputs: new RunOutputRecords(database),
    modelUses: new ModelUseRecords(database),
    archive: new ArchiveRecords(database, reports),
  };
  return {
    tasks: new SqliteTasks(database, records),
    queries: new SqliteRunQueries(database, records),
    cache: new SqliteCache(database),
    limits: new SqliteLimits(database),
    registry: new SqliteRegistry(database),
    models: new SqliteModelRegistry(database),
    schedules: new SqliteSchedules(database),
    removal: new SqliteRemoval(database, records),
    idempotencyKeys: new SqliteIdempotencyKeys(database),
    timers,
    owners: new SqliteRunOwners(database),
    inbox: new SqliteInbox(database),
    secret: () => secretOf(database),
    close: () => database.close(),
  };
}

function secretOf(database: Database): Buffer {
  database.write(`INSERT OR IGNORE INTO secrets (name, value) VALUES ('tokens', ?)`)(
    randomBytes(32),
  );
  const value = database.first(`SELECT value FROM secrets WHERE name = 'tokens'`)()?.[0];
  return value instanceof Uint8Array
    ? Buffer.from(value)
    : database.throwCorrupt('the secret of its tokens is missing');
}
