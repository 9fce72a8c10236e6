/**
 * The conformance suite: the behaviour that every set of port adapters must have.
 *
 * ```ts
 * portsConformance('in memory', async () => ({ ...createMemoryStorage(), … }));
 * ```
 *
 * @module
 */
import { describe } from 'vitest';
import { cacheConformance } from './cache.ts';
import { idempotencyKeysConformance } from './idempotency-keys.ts';
import { largeRecordsConformance } from './large-records.ts';
import { limitsConformance } from './limits.ts';
import { metricsConformance } from './metrics.ts';
import { modelRegistryConformance } from './model-registry.ts';
import { modelUsesConformance } from './model-uses.ts';
import { objectsConformance } from './objects.ts';
import type { AllPortsUnderTest, MakePorts } from './ports.ts';
import { registryConformance } from './registry.ts';
import { removalConformance } from './removal.ts';
import { rewindConformance } from './rewind.ts';
import { runListsConformance } from './run-lists.ts';
import { runOutputsConformance } from './run-outputs.ts';
import { runStateConformance } from './run-state.ts';
import { schedulesConformance } from './schedules.ts';
import { tasksConformance } from './tasks.ts';
import { transitionsConformance } from './transitions.ts';

/** The suites of the records of runs, without those of the other ports. */
export function recordsConformance(makePorts: MakePorts): void {
  tasksConformance(makePorts);
  runListsConformance(makePorts);
  rewindConformance(makePorts);
  runStateConformance(makePorts);
  runOutputsConformance(makePorts);
  metricsConformance(makePorts);
  largeRecordsConformance(makePorts);
}

/** Declares the suite. `makePorts` returns an empty set of ports for each test, which closes it. */
export function portsConformance(name: string, makePorts: () => Promise<AllPortsUnderTest>): void {
  describe(`ports ${name}`, () => {
    recordsConformance(makePorts);
    cacheConformance(makePorts);
    limitsConformance(makePorts);
    objectsConformance(makePorts);
    registryConformance(makePorts);
    modelRegistryConformance(makePorts);
    modelUsesConformance(makePorts);
    schedulesConformance(makePorts);
    removalConformance(makePorts);
    idempotencyKeysConformance(makePorts);
    transitionsConformance(makePorts);
  });
}
