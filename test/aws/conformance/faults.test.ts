/**
 * A process that dies, is refused or is late at any call of the table: whoever goes on finds a
 * state that is the run's, and the story ends as it would have.
 *
 * @module
 */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { StaleRunError, type Tasks, type Timer } from '../../../src/ports/tasks.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { MemoryTasks } from '../../conformance/memory-tasks.ts';
import { runId } from '../../conformance/records.ts';
import { CLOCK } from './dynamo.ts';
import { type Fault, faultyClient, ProcessDied } from './faulty-client.ts';
import { type Chapter, everything, storyOf } from './story.ts';

/** One world: a table, and the timers that were set. */
class World {
  readonly dynamo = new MemoryDynamo();
  readonly #alarms = new Map<RunId, Timer[]>();
  readonly healthy: DynamoDBClient;

  constructor() {
    this.dynamo.createTable(TABLE, TASKS_TABLE);
    this.healthy = this.dynamo.client();
  }

  writer(client: DynamoDBClient, commitsTogether: number): Tasks {
    const set = async (run: RunId, timers: readonly Timer[]) => {
      this.#alarms.set(run, [...this.alarmsOf(run), ...timers]);
    };
    return createDynamoTasks({
      client,
      table: TABLE,
      role: 'writer',
      retentionDays: 90,
      clock: CLOCK,
      checkpointAfterCommits: commitsTogether,
      timers: { set },
    });
  }

  alarmsOf(run: RunId): readonly Timer[] {
    return this.#alarms.get(run) ?? [];
  }
}

const TABLE = 'tasks';
const [RUN, RERUN] = [runId(1), runId(2)];
const STORY = storyOf(RUN, RERUN);

/**
 * Tells the story from where the records are, as a controller does that is given its batch again.
 */
async function goOn(tasks: Tasks, story: readonly Chapter[]): Promise<void> {
  const told = new Map<RunId, number>();
  for (const { run, write } of story) {
    const revision = told.get(run) ?? 0;
    told.set(run, revision + 1);
    const before = await tasks.run(run);
    if (before === undefined || before.head.revision === revision - 1)
      await write(tasks, before?.head);
  }
}

/** The records say in the end what those in memory say. */
async function verify(world: World): Promise<void> {
  const memory = new MemoryTasks();
  await goOn(memory, STORY);
  const tasks = createDynamoTasks({
    client: world.healthy,
    table: TABLE,
    role: 'writer',
    retentionDays: 90,
    clock: CLOCK,
  });
  const queries = createDynamoQueries({ client: world.healthy, table: TABLE, clock: CLOCK });
  for (const id of [RUN, RERUN]) {
    const [wanted, found] = [
      await everything(memory, memory, id),
      await everything(tasks, queries, id),
    ];
    // A number is taken before the run has it: a process that dies in between leaves a gap.
    expect(found).toEqual({
      ...wanted,
      run: { ...wanted.run, info: { ...wanted.run?.info, number: found.run?.info.number } },
    });
    const set = STORY.filter((chapter) => chapter.run === id).flatMap((chapter) => chapter.timers);
    expect(world.alarmsOf(id)).toEqual(expect.arrayContaining(set));
  }
}

/** Calls of the table that the story takes. */
async function callsOf(commitsTogether: number): Promise<number> {
  const world = new World();
  const { client, calls } = faultyClient(world.dynamo.client(), { fault: 'refused', at: -1 });
  await goOn(world.writer(client, commitsTogether), STORY);
  await verify(world);
  return calls();
}

/** Tells the story with one call that goes wrong; then whoever is left tells it to its end. */
async function tellWith(fault: Fault, at: number, commitsTogether: number): Promise<void> {
  const world = new World();
  const meanwhile = () => goOn(world.writer(world.healthy, commitsTogether), STORY);
  const { client } = faultyClient(world.dynamo.client(), { fault, at, meanwhile });
  const tasks = world.writer(client, commitsTogether);
  try {
    await goOn(tasks, STORY);
  } catch (error) {
    if (fault === 'answer lost') throw error;
    if (fault === 'refused') await goOn(tasks, STORY);
    else if (fault === 'frozen') expect(error).toBeInstanceOf(StaleRunError);
    else {
      expect(error).toBeInstanceOf(ProcessDied);
      await goOn(world.writer(world.healthy, commitsTogether), STORY);
    }
  }
  await verify(world);
}

describe.each<{ readonly fault: Fault }>([
  { fault: 'dies before' },
  { fault: 'dies after' },
  { fault: 'refused' },
  { fault: 'answer lost' },
  { fault: 'frozen' },
])('a call of the table: $fault', ({ fault }) => {
  // With a checkpoint each commit, every call of it stands between two commits; with one each three
  // commits, it brings in several.
  test.each([1, 3])(
    'at every call of the story, a checkpoint each %i commits',
    async (commitsTogether) => {
      const calls = await callsOf(commitsTogether);
      expect(calls).toBeGreaterThan(100);
      for (let at = 0; at < calls; at += 1) {
        try {
          await tellWith(fault, at, commitsTogether);
        } catch (error) {
          throw new Error(
            `call ${at} of ${calls}: ${error instanceof Error ? error.message : error}`,
            { cause: error },
          );
        }
      }
    },
    300_000,
  );
});
