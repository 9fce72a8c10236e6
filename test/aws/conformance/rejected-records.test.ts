/**
 * Records that DynamoDB refuses each time: repeating the write is useless, so the run fails.
 *
 * @module
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { RecordRejectedError } from '../../../src/ports/tasks.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import {
  aCommit,
  aHead,
  anArtifact,
  anInfo,
  aStep,
  runId,
  runWith,
} from '../../conformance/records.ts';
import { RETENTION } from '../harness/settings.ts';
import { CLOCK } from './dynamo.ts';

const id = runId(1);
const LONG_NAME = 'x'.repeat(1001);

function writer(client: DynamoDBClient) {
  return createDynamoTasks({
    client,
    table: 'tasks',
    role: 'writer',
    retention: RETENTION,
    clock: CLOCK,
    checkpointAfterCommits: 1,
  });
}

function aTable(): MemoryDynamo {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('tasks', TASKS_TABLE);
  return dynamo;
}

/** A client whose table refuses each write of an item with this prefix of its sort key. */
function refusing(dynamo: MemoryDynamo, prefix: string): DynamoDBClient {
  const client = dynamo.client();
  const send = client.send.bind(client);
  Object.defineProperty(client, 'send', {
    value: async (command: Parameters<typeof send>[0]) => {
      const { Item, Key } = command.input as Record<string, Record<string, { S?: string }>>;
      const isWrite = /^(?:Put|Update)/.test(command.constructor.name);
      if (isWrite && (Item ?? Key)?.sk?.S?.startsWith(prefix) === true)
        throw Object.assign(new Error('too large'), { name: 'ValidationException' });
      return send(command);
    },
  });
  return client;
}

test.each([
  ['a step', { created: [aStep(0, { name: LONG_NAME })] }],
  ['the parent that a step waits for', { edges: [{ parent: LONG_NAME, child: 0 }] }],
  ['an artifact of the run', { runOutputs: { artifacts: [anArtifact(LONG_NAME)], models: [] } }],
])('a name too long for a key is refused before anything is written: %s', async (_, content) => {
  const dynamo = aTable();
  const tasks = writer(dynamo.client());
  const head = await runWith(tasks, id);
  await expect(tasks.commit(id, aCommit(head, content))).rejects.toThrow(RecordRejectedError);
  expect((await tasks.run(id))?.head.revision).toBe(0);
  await tasks.commit(id, aCommit(head, { created: [aStep(0)] }));
  expect(await tasks.steps(id, [0])).toEqual([aStep(0)]);
});

test('a read whose key is too long is refused as well', async () => {
  const tasks = writer(aTable().client());
  await runWith(tasks, id);
  await expect(tasks.callsNamed(id, 'x'.repeat(2000), -1, 10)).rejects.toThrow(RecordRejectedError);
});

test('a checkpoint that the table refuses fails commits, until the run is failing', async () => {
  const dynamo = aTable();
  const tasks = writer(refusing(dynamo, 'S#'));
  await tasks.createRun(anInfo(id), aHead(id));
  const running = aCommit(aHead(id), { created: [aStep(0)] }, { status: 'running' });
  await expect(tasks.commit(id, running)).rejects.toThrow(RecordRejectedError);
  const aborting = aCommit(running.head, {}, { status: 'aborting' });
  await tasks.commit(id, aborting);
  const aborted = aStep(0, { status: 'aborted', waitingFor: 'none' });
  const ended = aCommit(aborting.head, { changed: [aborted] }, { status: 'failed' });
  await tasks.commit(id, ended);
  const reader = writer(dynamo.client());
  expect((await reader.run(id))?.head).toEqual(ended.head);
  expect(await reader.steps(id, [0])).toEqual([aborted]);
});
