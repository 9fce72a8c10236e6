/**
 * The ports that the conformance suite tests. Each test has a new set.
 *
 * @module
 */
import { afterEach, beforeEach } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { Cache } from '../../src/ports/cache.ts';
import type { IdempotencyKeys } from '../../src/ports/idempotency-keys.ts';
import type { Limits } from '../../src/ports/limits.ts';
import type { ModelRegistry } from '../../src/ports/model-registry.ts';
import type { Objects } from '../../src/ports/objects.ts';
import type { Registry } from '../../src/ports/registry.ts';
import type { Removal } from '../../src/ports/removal.ts';
import type { Schedules } from '../../src/ports/schedules.ts';
import type { RunQueries, Tasks } from '../../src/ports/tasks.ts';
import type { Transitions } from '../../src/ports/transitions.ts';

export interface PortsUnderTest {
  readonly tasks: Tasks;
  readonly queries: RunQueries;
  readonly cache: Cache;
  readonly limits: Limits;
  readonly objects: Objects;
  readonly registry: Registry;
  /** A queue that delivers to `handle`. A batch for which it throws is delivered again soon. */
  transitions(handle: (run: RunId, batch: readonly Transition[]) => Promise<void>): Transitions;
  close(): Promise<void>;
}

export type MakePorts = () => Promise<PortsUnderTest>;

/** The ports with those that only the API needs. */
export interface AllPortsUnderTest extends PortsUnderTest {
  readonly models: ModelRegistry;
  readonly schedules: Schedules;
  readonly removal: Removal;
  readonly idempotencyKeys: IdempotencyKeys;
}

/** Call it in a `describe`. The returned function returns the ports of the running test. */
export function freshPorts<P extends { close(): Promise<void> } = PortsUnderTest>(
  makePorts: () => Promise<P>,
): () => P {
  let ports: P | undefined;
  beforeEach(async () => {
    ports = await makePorts();
  });
  afterEach(async () => {
    await ports?.close();
    ports = undefined;
  });
  return () => {
    if (ports === undefined) throw new Error('ports exist only while a test runs');
    return ports;
  };
}
