/**
 * The ports in memory, on plain Maps: the storage of the simulation and of the controller's tests.
 * They are a second implementation of the ports' semantics: all adapters pass `portsConformance`.
 *
 * ```ts
 * const storage = createMemoryStorage();
 * storage.tasks    // Tasks, RunQueries, Removal
 * storage.cache    // Cache
 * storage.limits   // Limits
 * storage.objects  // Objects
 * storage.registry // Registry
 * storage.models   // ModelRegistry
 * storage.schedules // Schedules
 * storage.idempotencyKeys // IdempotencyKeys
 * storage.timers   // due, nextDueAt, removeHandled: as in src/local/store
 * ```
 *
 * 1. Every call is one unit of work. It takes effect completely before its promise resolves; a call
 *    that throws changes nothing.
 * 2. Calls use neither random numbers nor a clock: equal calls in equal order have equal results.
 * 3. Records are converted through JSON and frozen: changing a record that was read throws, and
 *    values that JSON loses are lost.
 * 4. A commit whose events or signatures do not fit its head (a gap or an overlap) is an error of
 *    the caller and throws.
 *
 * @module
 */
import type { Cache } from '../../src/ports/cache.ts';
import type { IdempotencyKeys } from '../../src/ports/idempotency-keys.ts';
import type { ModelRegistry } from '../../src/ports/model-registry.ts';
import type { Registry } from '../../src/ports/registry.ts';
import type { Removal } from '../../src/ports/removal.ts';
import type { Schedules } from '../../src/ports/schedules.ts';
import type { RunQueries, Tasks } from '../../src/ports/tasks.ts';
import { MemoryCache } from './memory-cache.ts';
import { MemoryIdempotencyKeys } from './memory-idempotency-keys.ts';
import { MemoryLimits } from './memory-limits.ts';
import { MemoryModelRegistry } from './memory-model-registry.ts';
import { MemoryObjects } from './memory-objects.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { MemorySchedules } from './memory-schedules.ts';
import { MemoryTasks, type MemoryTimers } from './memory-tasks.ts';

export interface MemoryStorage {
  readonly tasks: Tasks & RunQueries & Removal;
  readonly cache: Cache;
  readonly limits: MemoryLimits;
  readonly objects: MemoryObjects;
  readonly registry: Registry;
  readonly models: ModelRegistry;
  readonly schedules: Schedules;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly timers: MemoryTimers;
}

export function createMemoryStorage(): MemoryStorage {
  const tasks = new MemoryTasks();
  return {
    tasks,
    cache: new MemoryCache(),
    limits: new MemoryLimits(),
    objects: new MemoryObjects(),
    registry: new MemoryRegistry(),
    models: new MemoryModelRegistry(),
    schedules: new MemorySchedules(),
    idempotencyKeys: new MemoryIdempotencyKeys(),
    timers: tasks.timers,
  };
}
