/**
 * Reduced metrics that the table stores: what they cost to write and to read. That they equal the
 * reduction of the points is part of the conformance suite.
 *
 * @module
 */
import { expect, it, onTestFinished, vi } from 'vitest';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { Table } from '../../../src/aws/dynamodb/table.ts';
import type { Attempt } from '../../../src/model/step.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { aCompletedStep, anAttempt, runId, runWith } from '../../conformance/records.ts';
import { portsOn } from './dynamo.ts';

const id = runId(1);
const REQUEST = { x: 'iteration', points: 600 } as const;
const SELECTION = { from: 0, limit: 10 };

async function aStepWith(points: number, over: Partial<Attempt> = {}) {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('tasks', TASKS_TABLE);
  dynamo.createTable('cache', CACHE_TABLE);
  const tables = { tasks: 'tasks', cache: 'cache' };
  const options = { role: 'writer', checkpointAfterCommits: 1 } as const;
  const { tasks, queries } = portsOn(dynamo.client(), tables, options);
  const attempt = { ...anAttempt(1), startedAt: 1, endedAt: 2, ...over };
  await runWith(
    tasks,
    id,
    {
      created: [aCompletedStep(0, { attempts: [attempt] })],
      reports: Array.from({ length: Math.ceil(points / 500) }, (_, report) => ({
        ...{ call: 0, attempt: 1, sequence: report, texts: [] },
        points: Array.from({ length: Math.min(500, points - report * 500) }, (_, n) => ({
          ...{ title: 'loss', series: 'train', iteration: report * 500 + n },
          ...{ value: Math.sin(n), at: 1_700_000_000_000 + report * 500 + n },
        })),
      })),
    },
    // Each read of a run reads its last commits: these are small.
    ...Array.from({ length: 20 }, () => ({})),
  );
  const measured = async (read: () => Promise<unknown>) => {
    const before = { ...dynamo.consumed };
    await read();
    const after = dynamo.consumed;
    return {
      requests: after.requests - before.requests,
      writes: after.writeUnits - before.writeUnits,
      reads: after.readUnits - before.readUnits,
    };
  };
  return { queries, measured };
}

it('the second read of a long metric reads a third of the first at most, and writes nothing', async () => {
  const { queries, measured } = await aStepWith(20_000);
  const read = () => queries.stepCurves(id, 0, SELECTION, REQUEST);
  const first = await measured(read);
  const second = await measured(read);
  expect(first.writes).toBeGreaterThan(0);
  expect(first.writes).toBeLessThan(60);
  expect(second.writes).toBe(0);
  expect(second.reads).toBeLessThan(first.reads / 3);
  const others = await measured(() =>
    queries.stepCurves(id, 0, SELECTION, { ...REQUEST, x: 'time' }),
  );
  expect(others).toMatchObject({ writes: 0, reads: second.reads });
});

it('the summaries of a long metric are stored, those of a short one are read from its reports', async () => {
  const long = await aStepWith(20_000);
  const readLong = () => long.queries.stepMetrics(id, [0]);
  const first = await long.measured(readLong);
  expect(first.writes).toBeLessThanOrEqual(2);
  expect((await long.measured(readLong)).reads).toBeLessThan(first.reads / 3);
  const short = await aStepWith(600);
  const readShort = () => short.queries.stepMetrics(id, [0]);
  expect(await short.measured(readShort)).toMatchObject({ writes: 0 });
});

it('nothing is stored while the attempt runs, and for a part of a metric', async () => {
  const running = await aStepWith(20_000, { status: 'running' });
  expect(
    await running.measured(() => running.queries.stepCurves(id, 0, SELECTION, REQUEST)),
  ).toMatchObject({ writes: 0 });
  const ended = await aStepWith(20_000);
  expect(
    await ended.measured(() =>
      ended.queries.stepCurves(id, 0, SELECTION, { ...REQUEST, from: 5, to: 15_000 }),
    ),
  ).toMatchObject({ writes: 0 });
});

it('a page of points reads the reports of the page', async () => {
  const { queries, measured } = await aStepWith(20_000);
  const first = await measured(() => queries.pointPage(id, 0, null, 200));
  const late = { attempt: 1, sequence: 30, index: 0 };
  const last = await measured(() => queries.pointPage(id, 0, late, 200));
  const all = await measured(() => queries.points(id, 0));
  expect(last.reads).toBeLessThanOrEqual(first.reads);
  expect(first.reads).toBeLessThan(all.reads * 0.7);
});

it('a reduction that cannot be stored is returned all the same', async () => {
  const { queries } = await aStepWith(5000);
  const put = vi.spyOn(Table.prototype, 'put').mockRejectedValue(new Error('not allowed'));
  onTestFinished(() => put.mockRestore());
  const { items } = await queries.stepCurves(id, 0, SELECTION, REQUEST);
  expect(put).toHaveBeenCalled();
  expect(items[0]?.summary.count).toBe(5000);
});
