/**
 * Runs the conformance suites on the tables in memory that the fault tests use. Reads return the
 * same records from items and from the log, for writers and for readers.
 *
 * @module
 */
import { describe } from 'vitest';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { cacheConformance } from '../../conformance/cache.ts';
import { idempotencyKeysConformance } from '../../conformance/idempotency-keys.ts';
import { limitsConformance } from '../../conformance/limits.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { modelUsesConformance } from '../../conformance/model-uses.ts';
import { registryConformance } from '../../conformance/registry.ts';
import { removalConformance } from '../../conformance/removal.ts';
import { recordsConformance } from '../../conformance/suite.ts';
import { portsOn } from './dynamo.ts';

const otherPorts = () => ({
  objects: createMemoryStorage().objects,
  transitions: () => ({ send: async () => undefined }),
});

describe.each([
  { role: 'writer', checkpointAfterCommits: 16 },
  { role: 'writer', checkpointAfterCommits: 1 },
  { role: 'reader', checkpointAfterCommits: 2 },
] as const)(
  'ports in memory tables as a $role, with a checkpoint every $checkpointAfterCommits commits',
  (options) => {
    const makePorts = async () => {
      const dynamo = new MemoryDynamo();
      dynamo.createTable('tasks', TASKS_TABLE);
      dynamo.createTable('cache', CACHE_TABLE);
      return {
        ...portsOn(dynamo.client(), { tasks: 'tasks', cache: 'cache' }, options),
        ...otherPorts(),
      };
    };
    recordsConformance(makePorts);
    removalConformance(makePorts);
    modelUsesConformance(makePorts);
    cacheConformance(makePorts);
    limitsConformance(makePorts);
    registryConformance(makePorts);
    idempotencyKeysConformance(makePorts);
  },
);
