/**
 * The ports on DynamoDB, as suites take them: tables of their own for each test.
 *
 * @module
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoCache } from '../../../src/aws/cache.ts';
import { createDynamoRegistry } from '../../../src/aws/registry.ts';
import { createDynamoRequests } from '../../../src/aws/requests.ts';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/tables.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/tasks.ts';
import { clientOptions, type Emulator } from '../harness/ministack.ts';
import { createTable } from '../harness/tables.ts';

export const CLOCK = { now: () => 1_700_000_000_000 };

let made = 0;

/** `role`: who asks; every look-up of a reader reads the run anew. `commitsTogether`: 1 has all in items at once, 16 most of it in the log. */
export async function dynamoPorts(emulator: Emulator, role: 'writer' | 'reader' = 'writer', commitsTogether = 16) {
  made += 1;
  const client = new DynamoDBClient(clientOptions(emulator));
  const [table, cacheTable] = [`tasks-${process.pid}-${made}`, `cache-${process.pid}-${made}`];
  await Promise.all([createTable(client, table, TASKS_TABLE), createTable(client, cacheTable, CACHE_TABLE)]);
  const tasks = createDynamoTasks({ client, table, role, retentionDays: 90, clock: CLOCK, commitsTogether });
  return {
    client,
    table,
    tasks,
    removal: tasks,
    queries: createDynamoQueries({ client, table, clock: CLOCK }),
    cache: createDynamoCache({ client, table: cacheTable, retentionDays: 90, clock: CLOCK }),
    registry: createDynamoRegistry({ client, table }),
    requests: createDynamoRequests({ client, table, clock: CLOCK }),
    close: async () => client.destroy(),
  };
}
