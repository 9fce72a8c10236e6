/**
 * The ports in memory, on plain Maps: what the simulation and the controller's tests use as storage, and a second reading of what the ports mean
 * that the embedded ones are compared with (both pass `portsConformance`).
 *
 * ```ts
 * const storage = createMemoryStorage();
 * storage.tasks    // Tasks, RunQueries, Removal
 * storage.cache    // Cache
 * storage.objects  // Objects
 * storage.registry // Registry
 * storage.requests // Requests
 * storage.timers   // due(runs, now, limit), next(runs), handled(timers): as in src/local/store
 * ```
 *
 * 1. Every call is one unit of work: it takes effect as a whole, at once, before its promise resolves; what throws changed nothing.
 * 2. Nothing is random and nothing reads a clock: equal calls in equal order give equal answers.
 * 3. Records go in as JSON and come out frozen: whoever changes one that it read gets an error, and what JSON would lose is lost here too.
 * 4. A commit that does not fit the head it names (events or signatures that leave a gap or overlap) is a fault of the caller and throws.
 *
 * @module
 */
import type { Cache } from '../../src/ports/cache.ts';
import type { IdempotencyKeys } from '../../src/ports/idempotency-keys.ts';
import type { Registry } from '../../src/ports/registry.ts';
import type { Removal } from '../../src/ports/removal.ts';
import type { RunQueries, Tasks } from '../../src/ports/tasks.ts';
import { MemoryCache } from './memory-cache.ts';
import { MemoryIdempotencyKeys } from './memory-idempotency-keys.ts';
import { MemoryObjects } from './memory-objects.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { MemoryTasks, type MemoryTimers } from './memory-tasks.ts';

export interface MemoryStorage {
  readonly tasks: Tasks & RunQueries & Removal;
  readonly cache: Cache;
  readonly objects: MemoryObjects;
  readonly registry: Registry;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly timers: MemoryTimers;
}

export function createMemoryStorage(): MemoryStorage {
  const tasks = new MemoryTasks();
  return {
    tasks,
    cache: new MemoryCache(),
    objects: new MemoryObjects(),
    registry: new MemoryRegistry(),
    idempotencyKeys: new MemoryIdempotencyKeys(),
    timers: tasks.timers,
  };
}
