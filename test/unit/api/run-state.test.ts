import { describe, expect, it } from 'vitest';
import { graphDocument } from '../../../src/api/run-columns.ts';
import type { Step } from '../../../src/model/step.ts';
import { STEP_STATUSES } from '../../../src/model/step.ts';
import {
  type RunGraphDocument,
  runChangesSchema,
  runGraphSchema,
  runStateSchema,
  runTimingsSchema,
} from '../../../src/wire/run-state.ts';
import { aComponent, anAttempt, aStep } from '../../conformance/records.ts';
import { aRun, commit } from './answers-harness.ts';
import { type ApiHarness, anApi, registered } from './harness.ts';

async function anApiWithRun(content: Parameters<typeof commit>[2] = {}) {
  const harness = await anApi();
  await registered(harness);
  const id = await aRun(harness);
  await commit(harness, id, content);
  return { harness, id };
}

async function read(harness: ApiHarness, path: string): Promise<unknown> {
  const { status, body } = await harness.request('GET', path);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const aCall = (call: number, component: string, ordinal: number, over: Partial<Step> = {}) =>
  aStep(call, {
    component,
    name: ordinal === 0 ? component : `${component}_${ordinal}`,
    ...over,
  });

/** The calls that the columns describe. */
function callsOf(graph: RunGraphDocument) {
  const components: string[] = [];
  for (let at = 0; at < graph.component.length; at += 2)
    for (let n = 0; n < (graph.component[at + 1] ?? 0); n += 1)
      components.push(graph.components[graph.component[at] ?? 0] ?? '');
  const ordinals = [...graph.ordinals];
  const names = new Map(graph.names);
  let at = 0;
  const next = (): number => graph.parents[at++] ?? Number.NaN;
  return components.map((component, n) => {
    const call = graph.from + n;
    const index = graph.components.indexOf(component);
    const ordinal = ordinals[index] ?? 0;
    ordinals[index] = ordinal + 1;
    const parents: number[] = [];
    for (let ranges = next(); ranges > 0; ranges -= 1) {
      const last = call - next();
      for (let length = next(); length > 0; length -= 1) parents.push(last - length + 1);
    }
    const usual = ordinal === 0 ? component : `${component}_${ordinal}`;
    return { call, component, name: names.get(call) ?? usual, parents };
  });
}

describe('the graph of a run', () => {
  it('a page of the graph has components, names and parents of its calls as columns', async () => {
    const { harness, id } = await anApiWithRun({
      created: [
        aCall(0, 'load', 0),
        aCall(1, 'train', 0),
        aCall(2, 'train', 1),
        aStep(3, { component: 'train', name: 'train_9' }),
        aCall(4, 'report', 0),
      ],
      components: [aComponent('load', 1), aComponent('train', 3), aComponent('report', 1)],
      edges: [
        { parent: 0, child: 1 },
        { parent: 0, child: 2 },
        { parent: 0, child: 4 },
        { parent: 1, child: 4 },
        { parent: 3, child: 4 },
      ],
    });
    expect(await read(harness, `/v1/runs/${id}/graph`)).toEqual({
      epoch: 0,
      from: 0,
      calls: 5,
      more: false,
      components: ['load', 'train', 'report'],
      component: [0, 1, 1, 3, 2, 1],
      names: [[3, 'train_9']],
      ordinals: [0, 0, 0],
      parents: [0, 1, 1, 1, 1, 2, 1, 0, 2, 3, 2, 1, 1],
    });
    const page = runGraphSchema.parse(await read(harness, `/v1/runs/${id}/graph?from=2&limit=2`));
    expect(page).toMatchObject({ from: 2, calls: 2, more: true, ordinals: [1] });
    expect(callsOf(page)).toEqual([
      { call: 2, component: 'train', name: 'train_1', parents: [0] },
      { call: 3, component: 'train', name: 'train_9', parents: [] },
    ]);
    expect(await read(harness, `/v1/runs/${id}/graph?from=9`)).toMatchObject({
      calls: 0,
      more: false,
    });
  });

  it('the graph of 1,001 steps has less than 20 kB in one response', async () => {
    const members = Array.from({ length: 333 }, (_, n) => n);
    const created = [
      aCall(0, 'load', 0),
      ...members.map((n) => aCall(1 + n, 'prepare', n)),
      ...members.map((n) => aCall(334 + n, 'train', n)),
      ...members.map((n) => aCall(667 + n, 'score', n)),
      aCall(1000, 'report', 0),
    ];
    const { harness, id } = await anApiWithRun({
      created,
      edges: [
        ...members.flatMap((n) => [
          { parent: 0, child: 1 + n },
          { parent: 1 + n, child: 334 + n },
          { parent: 1 + n, child: 667 + n },
          { parent: 334 + n, child: 667 + n },
        ]),
        ...members.map((n) => ({ parent: 667 + n, child: 1000 })),
      ],
    });
    const document = await read(harness, `/v1/runs/${id}/graph`);
    expect(JSON.stringify(document).length).toBeLessThan(20_000);
    const graph = runGraphSchema.parse(document);
    expect(graph.more).toBe(false);
    const calls = callsOf(graph);
    expect(calls.map(({ name }) => name)).toEqual(created.map(({ name }) => name));
    expect(calls[1000]?.parents).toEqual(members.map((n) => 667 + n));
    expect(calls[700]?.parents).toEqual([34, 367]);
  });

  it('calls with 100,000 ranges of parents are more than one page', () => {
    const parents = Array.from({ length: 20_000 }, (_, n) => [3 * n, 3 * n] as const);
    const calls = Array.from({ length: 6 }, () => ({ component: 'join', name: 'join', parents }));
    const page = { epoch: 0, calls, more: false, ordinals: new Map([['join', 0]]) };
    expect(graphDocument(page, 60_000)).toMatchObject({ calls: 5, more: true });
    expect(graphDocument({ ...page, calls: calls.slice(5) }, 60_005)).toMatchObject({
      calls: 1,
      more: false,
    });
  });
});

describe('the state of a run', () => {
  it('the state has four bits for each call, and totals of components', async () => {
    const statuses = ['pending', 'queued', 'completed', 'failed', 'cached'] as const;
    const { harness, id } = await anApiWithRun({
      created: statuses.map((status, call) =>
        aCall(call, 'train', call, {
          status,
          waitingFor: status === 'failed' ? 'retry' : 'none',
          attempts:
            status === 'completed'
              ? [{ ...anAttempt(1), queuedAt: 5, startedAt: 10, endedAt: 4010 }]
              : [],
        }),
      ),
    });
    const state = runStateSchema.parse(await read(harness, `/v1/runs/${id}/state`));
    expect(state).toMatchObject({
      epoch: 0,
      revision: 1,
      calls: 5,
      components: [
        {
          name: 'train',
          calls: 5,
          counts: { pending: 1, queued: 1, completed: 1, failed: 1, cached: 1 },
          startedAt: 10,
          endedAt: 4010,
          durationMs: 4000,
          durations: [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
          failures: [3],
        },
      ],
    });
    const bytes = Buffer.from(state.statuses, 'base64');
    expect(bytes).toHaveLength(3);
    expect(
      statuses.map((_, call) => STEP_STATUSES[((bytes[call >> 1] ?? 0) >> (4 * (call % 2))) & 15]),
    ).toEqual(statuses);
  });
});

describe('the times of steps', () => {
  it('times count from the first one; calls with several attempts list them', async () => {
    const { harness, id } = await anApiWithRun({
      created: [
        aCall(0, 'a', 0, {
          status: 'completed',
          startedAt: 1_000_020,
          endedAt: 1_000_090,
          attempts: [
            {
              ...anAttempt(1),
              status: 'failed',
              queuedAt: 1_000_010,
              startedAt: 1_000_020,
              endedAt: 1_000_030,
            },
            { ...anAttempt(2), queuedAt: 1_000_040, startedAt: 1_000_050, endedAt: 1_000_090 },
          ],
        }),
        aCall(1, 'a', 1),
        aCall(2, 'a', 2, {
          status: 'completed',
          adoptedFrom: { run: '01', step: 'a' },
          startedAt: 5,
          endedAt: 6,
          attempts: [{ ...anAttempt(1), queuedAt: 4, startedAt: 5, endedAt: 6 }],
        }),
        aCall(3, 'a', 3, { status: 'cached', startedAt: 1_000_100, endedAt: 1_000_100 }),
      ],
    });
    const timings = runTimingsSchema.parse(await read(harness, `/v1/runs/${id}/timings`));
    expect(timings).toEqual({
      epoch: 0,
      revision: 1,
      from: 0,
      calls: 4,
      more: false,
      base: 1_000_010,
      queued: [0, -1, -1, -1],
      started: [40, -1, -1, 90],
      ended: [80, -1, -1, 90],
      attempts: [
        [
          0,
          [
            [0, 10, 20, 'failed'],
            [30, 40, 80, 'completed'],
          ],
        ],
      ],
    });
    expect(await read(harness, `/v1/runs/${id}/timings?from=1&limit=2`)).toMatchObject({
      from: 1,
      calls: 2,
      more: true,
      base: 0,
      queued: [-1, -1],
      attempts: [],
    });
  });
});

describe('the changes of a run', () => {
  it('changes list the run and each changed step, and nothing at the last revision', async () => {
    const { harness, id } = await anApiWithRun({ created: [aCall(0, 'a', 0), aCall(1, 'a', 1)] });
    await commit(harness, id, {
      changed: [
        aCall(1, 'a', 1, {
          status: 'running',
          waitingFor: 'none',
          startedAt: 20,
          attempts: [{ ...anAttempt(1), status: 'running', queuedAt: 10, startedAt: 20 }],
        }),
      ],
    });
    const changes = runChangesSchema.parse(await read(harness, `/v1/runs/${id}/changes?since=1`));
    expect(changes).toMatchObject({
      epoch: 0,
      revision: 2,
      reset: false,
      more: false,
      run: { id, revision: 2 },
      calls: 2,
      steps: [
        {
          call: 1,
          status: 'running',
          attempts: 1,
          waitingFor: 'none',
          queuedAt: 10,
          startedAt: 20,
          endedAt: null,
        },
      ],
    });
    expect(await read(harness, `/v1/runs/${id}/changes?since=2`)).toEqual({
      epoch: 0,
      revision: 2,
      reset: false,
      more: false,
      run: null,
      calls: 2,
      steps: [],
    });
    expect(await read(harness, `/v1/runs/${id}/changes?since=0&limit=1`)).toMatchObject({
      revision: 1,
      more: true,
    });
    expect(await read(harness, `/v1/runs/${id}/changes?since=3`)).toMatchObject({ reset: true });
  });
});

it('a missing run and values outside of their ranges are refused by each of these routes', async () => {
  const { harness, id } = await anApiWithRun();
  const missing = '01api000000000000000000099';
  for (const path of ['graph', 'state', 'timings', 'changes?since=0'])
    expect((await harness.request('GET', `/v1/runs/${missing}/${path}`)).status).toBe(404);
  for (const path of [
    'graph?from=-1',
    'graph?limit=5001',
    'graph?limit=0',
    'state?from=0',
    'timings?from=x',
    'timings?limit=2001',
    'changes',
    'changes?since=1e3',
    'changes?since=0&limit=201',
  ])
    expect((await harness.request('GET', `/v1/runs/${id}/${path}`)).status, path).toBe(400);
});
