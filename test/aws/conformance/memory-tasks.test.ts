/**
 * The records of runs are the same whether they are in items already or still in the log, and for
 * whoever looks: on the tables in memory that the tests of faults use.
 *
 * @module
 */
import { describe } from 'vitest';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { cacheConformance } from '../../conformance/cache.ts';
import { idempotencyKeysConformance } from '../../conformance/idempotency-keys.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { registryConformance } from '../../conformance/registry.ts';
import { removalConformance } from '../../conformance/removal.ts';
import { rewindConformance } from '../../conformance/rewind.ts';
import { tasksConformance } from '../../conformance/tasks.ts';
import { portsOn } from './dynamo.ts';

const others = () => ({
  objects: createMemoryStorage().objects,
  transitions: () => ({ send: async () => undefined }),
});

describe.each([
  { role: 'writer', commitsTogether: 16 },
  { role: 'writer', commitsTogether: 1 },
  { role: 'reader', commitsTogether: 2 },
] as const)(
  'ports in tables in memory, as a $role, a checkpoint each $commitsTogether commits',
  (options) => {
    const makePorts = async () => {
      const dynamo = new MemoryDynamo();
      dynamo.createTable('tasks', TASKS_TABLE);
      dynamo.createTable('cache', CACHE_TABLE);
      return {
        ...portsOn(dynamo.client(), { tasks: 'tasks', cache: 'cache' }, options),
        ...others(),
      };
    };
    tasksConformance(makePorts);
    rewindConformance(makePorts);
    removalConformance(makePorts);
    cacheConformance(makePorts);
    registryConformance(makePorts);
    idempotencyKeysConformance(makePorts);
  },
);
