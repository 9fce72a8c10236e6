/**
 * The ports on DynamoDB for the conformance suites. Each test has its own tables.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { createDynamoLimits } from '../../../src/aws/storage/concurrency-limits.ts';
import { createDynamoIdempotencyKeys } from '../../../src/aws/storage/idempotency-keys.ts';
import { createDynamoModelRegistry } from '../../../src/aws/storage/model-registry.ts';
import { createDynamoRegistry } from '../../../src/aws/storage/pipeline-registry.ts';
import { createDynamoSchedules } from '../../../src/aws/storage/schedules.ts';
import { createDynamoCache } from '../../../src/aws/storage/step-cache.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import type { Retention } from '../../../src/model/retention.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { createTable } from '../harness/tables.ts';

export const CLOCK = { now: () => 1_700_000_000_000 };

export interface TasksUnderTest {
  /** A reader loads the run for each read. */
  readonly role: 'writer' | 'reader';
  /** With 1 all content is in items at once, with 16 most of it is in the log. */
  readonly checkpointAfterCommits: number;
}

/**
 * An emulator uses the real time, and the records of these tests have older times: the retention is
 * long enough that none of them expires.
 */
const CENTURY_DAYS = 36_500;
const RETENTION: Retention = {
  activeDays: CENTURY_DAYS,
  runDays: CENTURY_DAYS,
  reuseDays: CENTURY_DAYS,
};

export function portsOn(
  client: DynamoDBClient,
  tables: { readonly tasks: string; readonly cache: string },
  { role, checkpointAfterCommits }: TasksUnderTest,
) {
  const options = { client, table: tables.tasks, retention: RETENTION, clock: CLOCK };
  const tasks = createDynamoTasks({ ...options, role, checkpointAfterCommits });
  return {
    tasks,
    removal: tasks,
    queries: createDynamoQueries(options),
    cache: createDynamoCache({ ...options, table: tables.cache }),
    limits: createDynamoLimits({ ...options, table: tables.cache }),
    registry: createDynamoRegistry(options),
    models: createDynamoModelRegistry(options),
    schedules: createDynamoSchedules(options),
    idempotencyKeys: createDynamoIdempotencyKeys(options),
    close: async () => client.destroy(),
  };
}

export async function dynamoPorts(
  emulator: Emulator,
  options: TasksUnderTest = { role: 'writer', checkpointAfterCommits: 16 },
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
