import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type CostModel, rateOf } from '../../../src/model/compute-costs.ts';
import { LIST_PRICES } from '../../../src/model/list-prices.ts';
import type { Step } from '../../../src/model/step.ts';
import { runPageSchema } from '../../../src/wire/runs.ts';
import { runSummariesSchema } from '../../../src/wire/summaries.ts';
import {
  aCompletedStep,
  aComponent,
  aModel,
  anAttempt,
  aReport,
} from '../../conformance/records.ts';
import { aRun, commit, pages } from './answers-harness.ts';
import { type ApiHarness, anApi, idOf, registered } from './harness.ts';

const RATE = rateOf(
  { platform: 'fargate', spot: false, vcpus: 1, memoryMiB: 2048, gpus: 0 },
  LIST_PRICES,
);
const COSTS: CostModel = {
  rateOf: ({ queue }) => (queue === 'unknown' ? undefined : RATE),
  hasOwnPrices: false,
};
const MINUTE = 60_000;

const executed = (call: number, minutes: number, over: Partial<Step> = {}): Step =>
  aCompletedStep(call, {
    name: call === 0 ? 'train' : `train_${call}`,
    component: 'train',
    attempts: [{ ...anAttempt(1), startedAt: 0, endedAt: minutes * MINUTE }],
    ...over,
  });

async function aHarness(costs?: CostModel): Promise<ApiHarness> {
  const harness = await anApi(costs === undefined ? {} : { costs });
  await registered(harness);
  return harness;
}

async function read(harness: ApiHarness, path: string): Promise<unknown> {
  const { status, body } = await harness.request('GET', path);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

describe('steps that a request selects', () => {
  async function manySteps(): Promise<{ readonly harness: ApiHarness; readonly id: string }> {
    const harness = await aHarness();
    const id = await aRun(harness);
    await commit(harness, id, {
      created: Array.from({ length: 3000 }, (_, call) =>
        aCompletedStep(call, {
          name: call === 0 ? 'train' : `train_${call}`,
          component: call % 2 === 0 ? 'train' : 'score',
          status: call === 5 || call === 2998 ? 'failed' : 'completed',
        }),
      ),
    });
    return { harness, id };
  }

  it('steps of one status are found, with a bounded number of steps in each request', async () => {
    const { harness, id } = await manySteps();
    const all = vi.spyOn(harness.storage.tasks, 'allSteps');
    const path = `/v1/runs/${id}/steps?status=failed&limit=50`;
    expect((await pages(harness, path, 'call')).flat()).toEqual([5, 2998]);
    expect(all.mock.calls.length).toBeLessThan(20);
    expect((await pages(harness, `${path}&name=train`, 'call')).flat()).toEqual([2998]);
    expect(
      (await pages(harness, `/v1/runs/${id}/steps?status=failed&limit=1`, 'call')).flat(),
    ).toEqual([5, 2998]);
  });

  it('steps are selected by their calls, in order, each once, in pages', async () => {
    const { harness, id } = await manySteps();
    const path = `/v1/runs/${id}/steps?calls=9,1,5,1,9999`;
    for (const limit of [1, 2, 3, 100])
      expect((await pages(harness, `${path}&limit=${limit}`, 'call')).flat()).toEqual([1, 5, 9]);
    expect((await pages(harness, `${path}&status=failed`, 'call')).flat()).toEqual([5]);
    expect((await pages(harness, `${path}&name=train_1`, 'call')).flat()).toEqual([1]);
    for (const calls of ['', 'x', '1,', '-1', '1,,2', new Array(101).fill(1).join(',')]) {
      const { status } = await harness.request('GET', `/v1/runs/${id}/steps?calls=${calls}`);
      expect(status, calls).toBe(400);
    }
  });
});

describe('runs with further parts', () => {
  it('a list contains totals and the first line of the error, and further parts on request', async () => {
    const harness = await aHarness();
    const id = await aRun(harness);
    await commit(
      harness,
      id,
      {
        created: [executed(0, 1)],
        runReports: Array.from({ length: 60 }, (_, n) => ({
          id: `logic ${n}`,
          points: [{ title: `m${n}`, series: 's', iteration: 0, value: n, at: 5 }],
        })),
      },
      {
        unhandledFailures: 1,
        stepCounts: { completed: 1 },
        error: { name: 'Error', message: 'first\nsecond' },
      },
    );
    const plain = runPageSchema.parse(await read(harness, '/v1/runs'));
    expect(plain.items).toMatchObject([
      {
        steps: { total: 1, unfinished: 0, failures: 1, counts: { completed: 1 } },
        errorMessage: 'first',
        ...{ args: null, scalars: null, cost: null },
      },
    ]);
    const [full] = runPageSchema.parse(await read(harness, '/v1/runs?include=args,scalars')).items;
    expect(full?.args).not.toBeNull();
    expect(full?.scalars).toHaveLength(50);
    expect(full?.scalars?.[3]).toMatchObject({ title: 'm3', last: 3, step: null });
    for (const include of ['', 'args,', 'all', 'args scalars'])
      expect((await harness.request('GET', `/v1/runs?include=${include}`)).status).toBe(400);
  });
});

describe('the comparison of runs', () => {
  it('one request returns what a table needs, and lists the runs that do not exist', async () => {
    const harness = await aHarness();
    const id = await aRun(harness);
    const other = await aRun(harness);
    await commit(harness, id, {
      created: [executed(0, 1, { models: [aModel('weights')] })],
      reports: [aReport(0, 1, 0, [3, 1, 2])],
      runOutputs: { artifacts: [], models: [aModel('best')] },
    });
    const body = runSummariesSchema.parse(
      await read(harness, `/v1/summaries?runs=${other},${idOf(99)},${id},${id}`),
    );
    expect(body.missing).toEqual([idOf(99)]);
    expect(body.next).toEqual([]);
    expect(body.items.map((run) => run.id)).toEqual([other, id]);
    expect(body.items[1]).toMatchObject({
      firstSteps: [{ call: 0, name: 'train', status: 'completed' }],
      scalars: [{ title: 'loss', step: 'train', last: 2, min: 1, max: 3 }],
      hasMoreScalars: false,
      models: [
        { name: 'best', step: null },
        { name: 'weights', step: 'train' },
      ],
      steps: { total: 1 },
      cost: null,
    });
    expect(body.items[1]?.components.length).toBeGreaterThan(0);
    const code = z
      .object({ bundles: z.array(z.looseObject({ kind: z.string(), hash: z.string() })) })
      .parse(await read(harness, `/v1/runs/${id}/code`));
    const logic = code.bundles.find(({ kind }) => kind === 'logic');
    expect(body.items[1]?.codeHash).toBe(logic?.hash);
  });

  it('more than 100 runs, and ids that are none, are refused', async () => {
    const harness = await aHarness();
    const many = Array.from({ length: 101 }, (_, n) => idOf(n)).join(',');
    for (const runs of ['', 'x', many, `${idOf(1)},`])
      expect((await harness.request('GET', `/v1/summaries?runs=${runs}`)).status).toBe(400);
    expect((await harness.request('GET', '/v1/summaries')).status).toBe(400);
    const hundred = Array.from({ length: 100 }, (_, n) => idOf(n + 1)).join(',');
    expect(await read(harness, `/v1/summaries?runs=${hundred}`)).toMatchObject({ items: [] });
  });
});

describe('the estimated cost', () => {
  const costOf = async (harness: ApiHarness, path: string) =>
    z.object({ cost: z.looseObject({}).nullable() }).parse(await read(harness, path)).cost;

  it('a step costs what its attempts took, and a cached one saved what its origin took', async () => {
    const harness = await aHarness(COSTS);
    const id = await aRun(harness);
    await commit(harness, id, {
      created: [
        executed(0, 10),
        executed(1, 0, {
          status: 'cached',
          attempts: [],
          cachedFrom: { run: idOf(1), step: 'train' },
        }),
        executed(2, 0, { status: 'cached', attempts: [], cachedFrom: { run: 'gone', step: 'a' } }),
        executed(3, 10, { adoptedFrom: { run: idOf(1), step: 'train' } }),
        executed(4, 1, { queue: 'unknown' }),
      ],
    });
    const path = (call: number): string => `/v1/runs/${id}/steps/${call}`;
    const tenMinutes = 600 * RATE.dollarsPerSecond;
    expect(await costOf(harness, path(0))).toMatchObject({
      ...{ compute: tenMinutes, savedByCache: 0, currency: 'USD', estimated: true },
    });
    expect(await costOf(harness, path(1))).toMatchObject({ compute: 0, savedByCache: tenMinutes });
    expect(await costOf(harness, path(2))).toMatchObject({ compute: 0, savedByCache: null });
    expect(await costOf(harness, path(3))).toMatchObject({ compute: 0 });
    expect(await costOf(harness, path(4))).toBeNull();
    expect((await pages(harness, `/v1/runs/${id}/steps?limit=9`, 'cost')).flat()).toMatchObject([
      { compute: tenMinutes },
      { compute: 0, savedByCache: null },
      {},
      {},
      null,
    ]);
  });

  it('a run costs the executions of its components, without a read of its steps', async () => {
    const harness = await aHarness(COSTS);
    const id = await aRun(harness);
    await commit(harness, id, {
      created: [
        executed(0, 10),
        executed(1, 20),
        executed(2, 0, { status: 'cached', attempts: [], cachedFrom: { run: 'x', step: 'a' } }),
      ],
      components: [aComponent('train', 3)],
    });
    const steps = vi.spyOn(harness.storage.tasks, 'steps');
    const cost = await costOf(harness, `/v1/runs/${id}?include=cost`);
    expect(steps).not.toHaveBeenCalled();
    expect(cost?.compute).toBeCloseTo(1800 * RATE.dollarsPerSecond, 9);
    expect(cost?.savedByCache).toBeCloseTo(900 * RATE.dollarsPerSecond, 9);
    expect(cost?.requests).toBeCloseTo(3 * RATE.requests, 12);
    const elsewhere = await aHarness();
    const local = await aRun(elsewhere);
    expect(await costOf(elsewhere, `/v1/runs/${local}?include=cost`)).toBeNull();
  });
});
