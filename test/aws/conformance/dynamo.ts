/**
 * The ports on DynamoDB, as suites take them: tables of their own for each test.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { createDynamoIdempotencyKeys } from '../../../src/aws/storage/idempotency-keys.ts';
import { createDynamoRegistry } from '../../../src/aws/storage/pipeline-registry.ts';
import { createDynamoCache } from '../../../src/aws/storage/step-cache.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { createTable } from '../harness/tables.ts';

export const CLOCK = { now: () => 1_700_000_000_000 };

/**
 * `role`: who asks; every look-up of a reader reads the run anew. `commitsTogether`: 1 has all in
 * items at once, 16 most of it in the log.
 */
export interface TasksUnderTest {
  readonly role: 'writer' | 'reader';
  readonly commitsTogether: number;
}

/**
 * Long enough that an emulator, which knows the real time, lets nothing expire that was made at the
 * time of these tests.
 */
const RETENTION_DAYS = 36_500;

export function portsOn(
  client: DynamoDBClient,
  tables: { readonly tasks: string; readonly cache: string },
  { role, commitsTogether }: TasksUnderTest,
) {
  const options = { client, table: tables.tasks, retentionDays: RETENTION_DAYS, clock: CLOCK };
  const tasks = createDynamoTasks({ ...options, role, checkpointAfterCommits: commitsTogether });
  return {
    tasks,
    removal: tasks,
    queries: createDynamoQueries(options),
    cache: createDynamoCache({ ...options, table: tables.cache }),
    registry: createDynamoRegistry(options),
    idempotencyKeys: createDynamoIdempotencyKeys(options),
    close: async () => client.destroy(),
  };
}

export async function dynamoPorts(
  emulator: Emulator,
  options: TasksUnderTest = { role: 'writer', commitsTogether: 16 },
) {
  const client = new DynamoDBClient(clientOptions(emulator));
  const name = `headrace-${randomUUID()}`;
  const tables = { tasks: `${name}-tasks`, cache: `${name}-cache` };
  await Promise.all([
    createTable(client, tables.tasks, TASKS_TABLE),
    createTable(client, tables.cache, CACHE_TABLE),
  ]);
  const ports = portsOn(client, tables, options);
  return {
    ...ports,
    async close() {
      for (const TableName of Object.values(tables))
        await client.send(new DeleteTableCommand({ TableName }));
      await ports.close();
    },
  };
}
