/**
 * A process crashes, is throttled or is delayed at each call of the table in turn. The process that
 * continues finds a consistent state of the run, and the final records are those of a faultless
 * sequence.
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
import { RETENTION } from '../harness/settings.ts';
import { allRecordsOf, commitSequenceOf, type SequencedWrite } from './commit-sequence.ts';
import { CLOCK } from './dynamo.ts';
import { type Fault, faultyClient, ProcessCrashedError } from './faulty-client.ts';

/** A table, and the timers that were set. */
class FaultTarget {
  readonly dynamo = new MemoryDynamo();
  readonly #timers = new Map<RunId, Timer[]>();
  readonly faultlessClient: DynamoDBClient;

  constructor() {
    this.dynamo.createTable(TABLE, TASKS_TABLE);
    this.faultlessClient = this.dynamo.client();
  }

  writer(client: DynamoDBClient, checkpointAfterCommits: number): Tasks {
    const set = async (run: RunId, timers: readonly Timer[]) => {
      this.#timers.set(run, [...this.timersOf(run), ...timers]);
    };
    return createDynamoTasks({
      client,
      table: TABLE,
      role: 'writer',
      retention: RETENTION,
      clock: CLOCK,
      checkpointAfterCommits,
      timers: { set },
    });
  }

  timersOf(run: RunId): readonly Timer[] {
    return this.#timers.get(run) ?? [];
  }
}

const TABLE = 'tasks';
const [RUN, RERUN] = [runId(1), runId(2)];
const SEQUENCE = commitSequenceOf(RUN, RERUN);

/**
 * Makes the writes that are not on record, as a controller does when its batch is delivered again.
 */
async function writeRemaining(tasks: Tasks, sequence: readonly SequencedWrite[]): Promise<void> {
  const nextRevisions = new Map<RunId, number>();
  for (const { run, write } of sequence) {
    const revision = nextRevisions.get(run) ?? 0;
    nextRevisions.set(run, revision + 1);
    const before = await tasks.run(run);
    if (before === undefined || before.head.revision === revision - 1)
      await write(tasks, before?.head);
  }
}

/** Expects the same final records as those of the port in memory. */
async function expectFinalRecords(target: FaultTarget): Promise<void> {
  const memory = new MemoryTasks();
  await writeRemaining(memory, SEQUENCE);
  const tasks = createDynamoTasks({
    client: target.faultlessClient,
    table: TABLE,
    role: 'writer',
    retention: RETENTION,
    clock: CLOCK,
  });
  const queries = createDynamoQueries({
    client: target.faultlessClient,
    table: TABLE,
    retention: RETENTION,
    clock: CLOCK,
  });
  for (const id of [RUN, RERUN]) {
    const [expectedRecords, found] = [
      await allRecordsOf(memory, memory, id),
      await allRecordsOf(tasks, queries, id),
    ];
    // A number is reserved before the run is written: a crash in between leaves a gap.
    expect(found).toEqual({
      ...expectedRecords,
      run: {
        ...expectedRecords.run,
        info: { ...expectedRecords.run?.info, number: found.run?.info.number },
      },
    });
    const expectedTimers = SEQUENCE.filter(({ run }) => run === id).flatMap(({ timers }) => timers);
    expect(target.timersOf(id)).toEqual(expect.arrayContaining(expectedTimers));
  }
}

/** The number of table calls of the sequence. */
async function countCalls(checkpointAfterCommits: number): Promise<number> {
  const target = new FaultTarget();
  const { client, calls } = faultyClient(target.dynamo.client(), { fault: 'throttled', at: -1 });
  await writeRemaining(target.writer(client, checkpointAfterCommits), SEQUENCE);
  await expectFinalRecords(target);
  return calls();
}

/** Writes the sequence with one fault. Afterwards a process without faults completes it. */
async function expectRecovery(
  fault: Fault,
  at: number,
  checkpointAfterCommits: number,
): Promise<void> {
  const target = new FaultTarget();
  const meanwhile = () =>
    writeRemaining(target.writer(target.faultlessClient, checkpointAfterCommits), SEQUENCE);
  const { client } = faultyClient(target.dynamo.client(), { fault, at, meanwhile });
  const tasks = target.writer(client, checkpointAfterCommits);
  try {
    await writeRemaining(tasks, SEQUENCE);
  } catch (error) {
    if (fault === 'response lost') throw error;
    if (fault === 'throttled') await writeRemaining(tasks, SEQUENCE);
    else if (fault === 'delayed') expect(error).toBeInstanceOf(StaleRunError);
    else {
      expect(error).toBeInstanceOf(ProcessCrashedError);
      await writeRemaining(target.writer(target.faultlessClient, checkpointAfterCommits), SEQUENCE);
    }
  }
  await expectFinalRecords(target);
}

describe.each<{ readonly fault: Fault }>([
  { fault: 'crash before' },
  { fault: 'crash after' },
  { fault: 'throttled' },
  { fault: 'response lost' },
  { fault: 'delayed' },
])('fault of a table call: $fault', ({ fault }) => {
  // With a checkpoint after every commit, each of its calls is between two commits. After every
  // three commits, it writes the content of several commits.
  test.each([1, 3])(
    `records survive the fault "${fault}" at any table call, with a checkpoint every %i commits`,
    async (checkpointAfterCommits) => {
      const calls = await countCalls(checkpointAfterCommits);
      expect(calls).toBeGreaterThan(100);
      for (let at = 0; at < calls; at += 1) {
        try {
          await expectRecovery(fault, at, checkpointAfterCommits);
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
