/**
 * The records of runs and steps on DynamoDB do what every set of ports does.
 *
 * @module
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe } from 'vitest';
import { TASKS_TABLE } from '../../../src/aws/tables.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/tasks.ts';
import { createLocalQueue } from '../../../src/local/queue/queue.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { removalConformance } from '../../conformance/removal.ts';
import { rewindConformance } from '../../conformance/rewind.ts';
import { tasksConformance } from '../../conformance/tasks.ts';
import { clientOptions, type Emulator, startEmulator } from '../harness/ministack.ts';
import { createTable } from '../harness/tables.ts';

let emulator: Emulator;
let client: DynamoDBClient;
let tables = 0;

beforeAll(async () => {
  emulator = await startEmulator();
  client = new DynamoDBClient(clientOptions(emulator));
});

afterAll(async () => {
  client?.destroy();
  await emulator?.stop();
});

/** `role`: who asks; every look-up of a reader reads the run anew. `commitsTogether`: 1 has all in items at once, 16 most of it in the log. */
const makePorts = (role: 'writer' | 'reader', commitsTogether: number) => async () => {
  tables += 1;
  const table = `tasks-${tables}`;
  await createTable(client, table, TASKS_TABLE);
  const storage = createMemoryStorage();
  const clock = { now: () => 1_700_000_000_000 };
  const tasks = createDynamoTasks({ client, table, role, retentionDays: 90, clock, commitsTogether });
  return {
    ...storage,
    tasks,
    removal: tasks,
    queries: createDynamoQueries({ client, table, clock }),
    transitions: (handle: Parameters<typeof createLocalQueue>[0]['handle']) => createLocalQueue({ handle, pause: () => 0 }),
    close: async () => undefined,
  };
};

describe.each([
  { role: 'writer', commitsTogether: 16 },
  { role: 'writer', commitsTogether: 1 },
  { role: 'reader', commitsTogether: 2 },
] as const)('ports in DynamoDB, as a $role, a checkpoint each $commitsTogether commits', ({ role, commitsTogether }) => {
  tasksConformance(makePorts(role, commitsTogether));
  rewindConformance(makePorts(role, commitsTogether));
  removalConformance(makePorts(role, commitsTogether));
});
