/**
 * The costs of a run's records, counted as requests and capacity units of tables in memory. No cost
 * grows with the run.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import type { HistoryEvent } from '../../../src/model/history.ts';
import { jobName } from '../../../src/model/ids.ts';
import type { RunHead } from '../../../src/model/run.ts';
import type { Attempt, Step } from '../../../src/model/step.ts';
import type { Tasks } from '../../../src/ports/tasks.ts';
import { type Consumption, MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { aCommit, aComponent, aHead, anInfo, aStep, runId } from '../../conformance/records.ts';
import { RETENTION } from '../harness/settings.ts';
import { CLOCK } from './dynamo.ts';

const id = runId(1);

function aTable() {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('tasks', TASKS_TABLE);
  const client = dynamo.client();
  const options = { client, table: 'tasks', retention: RETENTION, clock: CLOCK };
  const process = (): Tasks => createDynamoTasks({ ...options, role: 'writer' });
  return { dynamo, process, queries: createDynamoQueries(options) };
}

const digest = (call: number): string => `${call}`.padStart(64, 'a0b1c2d3e4f5');
const attempt = (call: number): Attempt => ({
  number: 1,
  status: 'queued',
  job: { name: jobName(id, 0, call), index: 0 },
  queuedAt: 1_763_000_000_000 + call * 977,
});
const queued = (call: number): Step =>
  aStep(call, {
    status: 'queued',
    waitingFor: 'none',
    awaited: true,
    digest: digest(call),
    attempts: [attempt(call)],
  });
const running = (step: Step): Step => ({
  ...step,
  status: 'running',
  startedAt: step.createdAt + 7000,
  attempts: step.attempts.map((each) => ({
    ...each,
    status: 'running',
    owner: `5c1b7a7e-3d1f-4d11-9d55-${each.queuedAt}`,
    startedAt: each.queuedAt + 7000,
  })),
});
const done = (step: Step): Step => ({
  ...step,
  status: 'completed',
  values: [{ format: 'json', text: `${step.call}` }],
  endedAt: step.createdAt + 9000,
  attempts: step.attempts.map((each) => ({
    ...each,
    status: 'completed',
    logStream: `headrace/default/${each.queuedAt}`,
    exitCode: 0,
    endedAt: each.queuedAt + 9000,
  })),
});
const completed = (call: number): HistoryEvent => ({
  at: 1_763_000_009_000 + call * 977,
  kind: 'completed',
  call,
  values: [{ format: 'json', text: `${call}` }],
});
const launched = (call: number) => ({
  number: call,
  name: jobName(id, 0, call),
  component: 'step',
  queue: 'default',
  members: [{ call, attempt: 1 }],
});

/**
 * Reads and writes what the controller does for the transition that completes a step of an awaited
 * chain: the next step is called, added to a group, and queued.
 */
async function completeStep(tasks: Tasks, call: number): Promise<RunHead> {
  const run = await tasks.run(id);
  if (run === undefined) throw new Error('the run is missing');
  await tasks.group(id, jobName(id, 0, call));
  const [step] = await tasks.steps(id, [call]);
  const component = await tasks.component(id, 'step');
  if (step === undefined || component === undefined) throw new Error(`call ${call} is missing`);
  const next = call + 1;
  const commit = aCommit(
    run.head,
    {
      changed: [done(step)],
      created: [queued(next)],
      components: [{ ...component, callCount: component.callCount + 1 }],
      events: [completed(call)],
      signatures: [`call step ${digest(next)} awaited`],
      groups: [launched(next)],
    },
    {
      position: run.head.eventCount + 1,
      requestedPosition: run.head.eventCount + 1,
      countedEvents: run.head.eventCount + 1,
      unlaunchedGroups: [jobName(id, 0, next)],
      lastEventAt: completed(call).at,
    },
  );
  await tasks.commit(id, commit);
  return commit.head;
}

async function startStep(tasks: Tasks, call: number): Promise<void> {
  const run = await tasks.run(id);
  if (run === undefined) throw new Error('the run is missing');
  await tasks.group(id, jobName(id, 0, call));
  const [step] = await tasks.steps(id, [call]);
  if (step !== undefined)
    await tasks.commit(
      id,
      aCommit(run.head, { changed: [running(step)] }, { unlaunchedGroups: [] }),
    );
}

async function startRun(tasks: Tasks): Promise<void> {
  const { head } = await tasks.createRun(anInfo(id), aHead(id));
  await tasks.commit(
    id,
    aCommit(
      head,
      {
        created: [queued(0)],
        components: [aComponent('step', 1)],
        signatures: ['declare step', `call step ${digest(0)} awaited`],
        groups: [launched(0)],
      },
      { status: 'running', startedAt: 1_763_000_000_000 },
    ),
  );
}

async function chain(tasks: Tasks, from: number, to: number): Promise<void> {
  for (let call = from; call < to; call += 1) {
    await startStep(tasks, call);
    await completeStep(tasks, call);
  }
}

const perStep = ({ requests, writeUnits, readUnits }: Consumption, steps: number) => ({
  requests: requests / steps,
  writeUnits: writeUnits / steps,
  readUnits: readUnits / steps,
});

test('an awaited chain costs at most 5 write units per step for both transitions', async () => {
  const { dynamo, process } = aTable();
  const tasks = process();
  await startRun(tasks);
  await chain(tasks, 0, 64);
  dynamo.reset();
  await chain(tasks, 64, 320);
  const cost = perStep(dynamo.reset(), 256);
  console.log(
    `a step of an awaited chain: ${cost.writeUnits.toFixed(2)} write units, ${cost.readUnits.toFixed(2)} read units, ${cost.requests.toFixed(2)} requests`,
  );
  expect(cost.writeUnits).toBeLessThanOrEqual(5);
});

test('a transition costs the same at 10 and at 4,000 steps in warm and cold processes, and no item grows', async () => {
  const { dynamo, process } = aTable();
  const tasks = process();
  await startRun(tasks);
  const costs: { readonly warm: Consumption; readonly cold: Consumption }[] = [];
  for (const [from, to] of [
    [0, 16],
    [48, 4_000],
  ] as const) {
    await chain(tasks, from, to);
    dynamo.reset();
    await chain(tasks, to, to + 16);
    const warm = dynamo.reset();
    // Each transition is handled by a new process.
    for (let call = to + 16; call < to + 32; call += 1) {
      await startStep(process(), call);
      await completeStep(process(), call);
    }
    costs.push({ warm, cold: dynamo.reset() });
  }
  const [early, late] = costs;
  expect(late?.warm.requests).toBe(early?.warm.requests);
  expect(late?.cold.requests).toBe(early?.cold.requests);
  expect(late?.cold.requests).toBeLessThanOrEqual((late?.warm.requests ?? 0) + 32 * 4);
  // A page of a component's calls fills up, and its numbers get more digits.
  expect(late?.warm.writeUnits).toBeLessThanOrEqual((early?.warm.writeUnits ?? 0) + 16);
  expect(late?.warm.readUnits).toBeLessThanOrEqual((early?.warm.readUnits ?? 0) * 1.1);
  expect(late?.warm.largest).toBeLessThan(4096);
  expect(late?.cold.largest).toBeLessThan(4096);
}, 300_000);

test('a lookup reads the same amount in a long run as in a short one', async () => {
  const { dynamo, process, queries } = aTable();
  const tasks = process();
  await startRun(tasks);
  const measureLookups = async (call: number) => {
    const cold = process();
    dynamo.reset();
    expect(await cold.events(id, call - 5, 3)).toHaveLength(3);
    expect(await cold.signatures(id, call - 5, 3)).toHaveLength(3);
    expect(await cold.callsNamed(id, 'step', call - 3, 2)).toEqual([call - 2, call - 1]);
    expect(await cold.callsNamed(id, `step_${call - 3}`, -1, 2)).toEqual([call - 3]);
    expect(await cold.unfinishedCalls(id, -1, 10)).toEqual([call]);
    expect(await cold.calls(id, call - 2, 10)).toEqual([call - 1, call]);
    expect(await cold.children(id, 3, -1, 10)).toEqual([]);
    expect(await queries.allSteps(id, 2, call - 2)).toHaveLength(2);
    return dynamo.reset();
  };
  await chain(tasks, 0, 48);
  const short = await measureLookups(48);
  await chain(tasks, 48, 4096);
  const long = await measureLookups(4096);
  // A call is found in the pages of a component by binary search: 8 pages, 3 reads.
  expect(long.requests).toBeLessThanOrEqual(short.requests + 5);
  expect(long.readUnits).toBeLessThanOrEqual(short.readUnits + 8);
}, 300_000);

test('10,000 steps of a map in one group are created by ten commits, with no item above 400 KB', async () => {
  const { dynamo, process, queries } = aTable();
  const tasks = process();
  await tasks.createRun(anInfo(id), aHead(id));
  const members: number[] = [];
  let head = aHead(id);
  for (let page = 0; page < 10; page += 1) {
    const calls = Array.from({ length: 1000 }, (_, n) => page * 1000 + n);
    members.push(...calls.filter((call) => call % 3 > 0));
    const groups =
      page === 9
        ? [{ ...launched(0), members: members.map((call) => ({ call, attempt: 1 })) }]
        : [];
    const commit = aCommit(
      head,
      {
        created: calls.map(queued),
        components: [aComponent('step', (page + 1) * 1000)],
        edges: calls.slice(1).map((child) => ({ parent: 0, child })),
        signatures: calls.map((call) => `call step ${digest(call)}`),
        groups,
      },
      { status: 'running' },
    );
    await tasks.commit(id, commit);
    head = commit.head;
  }
  const { writeUnits, largest } = dynamo.reset();
  console.log(`creating a step of a map: ${(writeUnits / 10_000).toFixed(2)} write units`);
  expect(largest).toBeLessThan(400 * 1024);
  const other = process();
  expect((await other.group(id, jobName(id, 0, 0)))?.members).toHaveLength(members.length);
  expect(await other.children(id, 0, 9_990, 100)).toEqual([
    9_991, 9_992, 9_993, 9_994, 9_995, 9_996, 9_997, 9_998, 9_999,
  ]);
  expect(await other.unfinishedCalls(id, 4_999, 3)).toEqual([5_000, 5_001, 5_002]);
  expect(await other.signatures(id, 7_777, 1)).toEqual([`call step ${digest(7_777)}`]);
  expect((await queries.allSteps(id)).map((step) => step.call)).toEqual(
    Array.from({ length: 10_000 }, (_, call) => call),
  );
}, 300_000);

test('a group of 10,000 non-consecutive members is one item far below 400 KB', async () => {
  const { dynamo, process } = aTable();
  const tasks = process();
  const { head } = await tasks.createRun(anInfo(id), aHead(id));
  // Calls of a long run with irregular gaps and varying attempts, so that no ranges can be formed.
  let call = 10_000_000;
  const members = Array.from({ length: 10_000 }, (_, n) => {
    call += 2 + ((n * 7919) % 977);
    return { call, attempt: 1 + ((n * 31) % 9) };
  });
  dynamo.reset();
  await tasks.commit(
    id,
    aCommit(head, { groups: [{ ...launched(0), members }] }, { status: 'running' }),
  );
  const { writeUnits, largest } = dynamo.reset();
  console.log(
    `the largest group of 10,000: an item of ${Math.round(largest / 1024)} KB; ${writeUnits} write units, ${(writeUnits / 10_000).toFixed(4)} per member`,
  );
  expect(largest).toBeLessThan(100 * 1024);
  // The commit and the item of the group.
  expect(writeUnits).toBeLessThan(200);
  expect((await process().group(id, jobName(id, 0, 0)))?.members).toEqual(members);
  await tasks.commit(
    id,
    aCommit(
      { ...head, revision: 1 },
      { groups: [{ ...launched(1), members: members.map((_, n) => ({ call: n, attempt: 1 })) }] },
    ),
  );
  expect(dynamo.reset().largest).toBeLessThan(4096);
});

test('a commit with a step of useModel sends one request more, and the list of uses reads each run once', async () => {
  const { dynamo, process, queries } = aTable();
  const usedModel = { project: 'examples', name: 'iris', version: 3 };
  const requestsOf = async (n: number, over: Partial<Step>): Promise<Consumption> => {
    const tasks = process();
    const { head } = await tasks.createRun(anInfo(runId(n)), aHead(runId(n)));
    const created = [0, 1].map((call) => done(aStep(call, call === 0 ? over : {})));
    dynamo.reset();
    await tasks.commit(runId(n), aCommit(head, { created }));
    return dynamo.reset();
  };
  const without = await requestsOf(1, {});
  const used = await requestsOf(2, { usedModel });
  expect(used.requests).toBe(without.requests + 1);
  expect(used.writeUnits).toBe(without.writeUnits + 1);
  for (const n of [3, 4]) await requestsOf(n, { usedModel });
  dynamo.reset();
  expect(await queries.modelUses(usedModel, { limit: 10 })).toHaveLength(3);
  // One query of the uses; the records of each run, and its info, which is cached from then on.
  expect(dynamo.reset().requests).toBe(1 + 3 * 2);
  expect(await queries.modelUses(usedModel, { limit: 10 })).toHaveLength(3);
  expect(dynamo.reset().requests).toBe(1 + 3);
});
