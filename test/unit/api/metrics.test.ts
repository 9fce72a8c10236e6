import { describe, expect, it } from 'vitest';
import type { Point } from '../../../src/model/artifacts.ts';
import type { Step } from '../../../src/model/step.ts';
import {
  type MemberScalars,
  memberScalarsSchema,
  metricNamesSchema,
  type SeriesDocument,
  seriesPageSchema,
} from '../../../src/wire/series.ts';
import { aCompletedStep, aComponent, anAttempt } from '../../conformance/records.ts';
import { aRun, commit } from './answers-harness.ts';
import { type ApiHarness, anApi, idOf, registered } from './harness.ts';

const T0 = 1_700_000_000_000;

const pointsOf = (title: string, values: readonly Point['value'][]): Point[] =>
  values.map((value, iteration) => ({
    ...{ title, series: 'train', value, iteration },
    at: T0 + iteration * 10,
  }));

const aTraining = (call: number, over: Partial<Step> = {}): Step =>
  aCompletedStep(call, {
    name: call === 0 ? 'train' : `train_${call}`,
    component: 'train',
    attempts: [{ ...anAttempt(1), startedAt: 0, endedAt: 9 }],
    ...over,
  });

async function aRunWith(
  steps: readonly Step[],
  reports: Readonly<Record<number, readonly Point[]>>,
): Promise<{ readonly harness: ApiHarness; readonly id: string }> {
  const harness = await anApi();
  await registered(harness);
  const id = await aRun(harness);
  await commit(harness, id, {
    created: steps,
    components: [aComponent('train', steps.length)],
    reports: Object.entries(reports).map(([call, points]) => ({
      ...{ call: Number(call), attempt: 1, sequence: 0, texts: [] },
      points: [...points],
    })),
  });
  return { harness, id };
}

async function read(harness: ApiHarness, path: string): Promise<unknown> {
  const { status, body } = await harness.request('GET', path);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

async function allSeries(harness: ApiHarness, path: string): Promise<SeriesDocument[]> {
  const found: SeriesDocument[] = [];
  let cursor = '';
  while (true) {
    const page = seriesPageSchema.parse(await read(harness, `${path}${cursor}`));
    found.push(...page.items);
    if (page.next === null) return found;
    cursor = `&cursor=${page.next}`;
  }
}

const wave = (count: number): number[] =>
  Array.from({ length: count }, (_, n) => (n === 4321 ? 99 : Math.sin(n / 100)));

describe('the series of a step', () => {
  it('a metric of few points is exact, with the values that are not finite beside it', async () => {
    const { harness, id } = await aRunWith([aTraining(0)], {
      0: pointsOf('loss', [3, 'NaN', 1, '-Infinity', 2]),
    });
    const [series] = await allSeries(harness, `/v1/runs/${id}/steps/0/series?x=relative`);
    expect(series).toEqual({
      ...{ title: 'loss', series: 'train', call: 0, step: 'train', count: 5, selected: 5 },
      ...{ last: 2, lastIteration: 4, lastAt: new Date(T0 + 40).toISOString() },
      ...{ min: 1, minIteration: 2, max: 3, maxIteration: 0 },
      ...{ exact: true, x: [0, 20, 40], y: [3, 1, 2], lo: [], hi: [] },
      nonFinite: [
        [10, 'NaN'],
        [30, '-Infinity'],
      ],
      nonFiniteCount: 2,
    });
  });

  it('a metric of many points is reduced to the requested number, and a part of it is exact', async () => {
    const { harness, id } = await aRunWith([aTraining(0)], { 0: pointsOf('loss', wave(9000)) });
    const path = `/v1/runs/${id}/steps/0/series`;
    const [whole] = await allSeries(harness, `${path}?points=100`);
    expect(whole).toMatchObject({ count: 9000, selected: 9000, exact: false, max: 99 });
    for (const column of ['x', 'y', 'lo', 'hi'] as const) expect(whole?.[column]).toHaveLength(100);
    expect(Math.max(...(whole?.hi ?? []))).toBe(99);
    const [part] = await allSeries(harness, `${path}?points=100&from=4300&to=4350.5`);
    expect(part).toMatchObject({ count: 9000, selected: 51, exact: true });
    expect(part?.x).toEqual(Array.from({ length: 51 }, (_, n) => 4300 + n));
    const [inTime] = await allSeries(harness, `${path}?x=time&from=${T0}&to=${T0 + 20}`);
    expect(inTime?.x).toEqual([T0, T0 + 10, T0 + 20]);
  });

  it('200 metrics of a step are listed in pages, and one by its name', async () => {
    const points = Array.from({ length: 200 }, (_, n) => pointsOf(`m${n}`, [n])).flat();
    const { harness, id } = await aRunWith([aTraining(0)], { 0: points });
    const path = `/v1/runs/${id}/steps/0/series`;
    for (const limit of [7, 200])
      expect(
        (await allSeries(harness, `${path}?limit=${limit}`)).map(({ title }) => title),
      ).toEqual(Array.from({ length: 200 }, (_, n) => `m${n}`));
    expect(await allSeries(harness, `${path}?title=m42&series=train`)).toMatchObject([
      { title: 'm42', last: 42 },
    ]);
    expect(await allSeries(harness, `${path}?title=m42&series=`)).toEqual([]);
  });

  it('a cached step has the series of the step that computed its result', async () => {
    const { harness, id } = await aRunWith(
      [
        aTraining(0),
        aTraining(1, {
          status: 'cached',
          attempts: [],
          cachedFrom: { run: idOf(1), step: 'train' },
        }),
        aTraining(2, {
          status: 'cached',
          attempts: [],
          cachedFrom: { run: idOf(77), step: 'train' },
        }),
      ],
      { 0: pointsOf('loss', [1, 2]) },
    );
    expect(id).toBe(idOf(1));
    expect(await allSeries(harness, `/v1/runs/${id}/steps/1/series?`)).toMatchObject([
      { call: 1, step: 'train_1', y: [1, 2] },
    ]);
    expect(await allSeries(harness, `/v1/runs/${id}/steps/2/series?`)).toEqual([]);
  });

  it('bounds, axes and numbers of points that are invalid are refused with the parameter', async () => {
    const { harness, id } = await aRunWith([aTraining(0)], {});
    for (const [query, field] of [
      ['points=2', 'points'],
      ['points=2001', 'points'],
      ['x=epoch', 'x'],
      ['from=NaN', 'from'],
      ['to=1e999', 'to'],
      ['from=0x10', 'from'],
      ['cursor=abc', 'cursor'],
    ] as const)
      for (const path of [`/v1/runs/${id}/steps/0/series`, `/v1/runs/${id}/series`]) {
        const { status, body } = await harness.request('GET', `${path}?${query}`);
        expect(status, query).toBe(400);
        expect(body).toMatchObject({ errors: [{ in: 'query', field }] });
      }
    for (const path of [`/v1/runs/${idOf(99)}/series`, `/v1/runs/${id}/steps/9/series`])
      expect((await harness.request('GET', path)).status).toBe(404);
  });
});

describe('the series of a run', () => {
  it('a metric of the run is a series for each step that reported it, and one for the logic', async () => {
    const { harness, id } = await aRunWith([aTraining(0), aTraining(1)], {});
    await commit(harness, id, {
      runReports: [
        { id: 'logic', points: pointsOf('loss', [9]) },
        { id: '0.0.1.0', points: pointsOf('loss', [1, 2]) },
        { id: '1.0.1.0', points: pointsOf('loss', [3]) },
      ],
    });
    for (const limit of [1, 50])
      expect(await allSeries(harness, `/v1/runs/${id}/series?limit=${limit}`)).toMatchObject([
        { call: null, step: null, y: [9] },
        { call: 0, step: 'train', y: [1, 2] },
        { call: 1, step: 'train_1', y: [3] },
      ]);
  });
});

describe('one metric over the calls of a component', () => {
  async function columns(harness: ApiHarness, path: string): Promise<MemberScalars> {
    const all: MemberScalars = {
      ...{ title: '', series: '', calls: [], last: [], min: [], max: [], next: null },
    };
    let cursor = '';
    while (true) {
      const page = memberScalarsSchema.parse(await read(harness, `${path}${cursor}`));
      all.calls.push(...page.calls);
      all.last.push(...page.last);
      all.min.push(...page.min);
      all.max.push(...page.max);
      if (page.next === null) return { ...page, ...all, title: page.title, series: page.series };
      cursor = `&cursor=${page.next}`;
    }
  }

  it('its last, lowest and highest values are columns, whatever the size of a page', async () => {
    const { harness, id } = await aRunWith(
      [
        aTraining(0),
        aTraining(1),
        aCompletedStep(2, { name: 'load', component: 'load', attempts: [anAttempt(1)] }),
        aTraining(3, {
          status: 'cached',
          attempts: [],
          cachedFrom: { run: idOf(1), step: 'train_1' },
        }),
        aTraining(4, { status: 'failed' }),
        aTraining(5, { status: 'pending', attempts: [] }),
      ],
      {
        0: pointsOf('loss', [3, 1, 2]),
        1: [...pointsOf('loss', [5, 'NaN']), ...pointsOf('accuracy', [0.5])],
        2: pointsOf('loss', [100]),
        4: pointsOf('accuracy', [0.1]),
      },
    );
    for (const limit of [1, 2, 500])
      expect(
        await columns(
          harness,
          `/v1/runs/${id}/scalars?component=train&title=loss&series=train&limit=${limit}`,
        ),
      ).toEqual({
        ...{ title: 'loss', series: 'train', next: null },
        ...{ calls: [0, 1, 3], last: [2, 'NaN', 'NaN'], min: [1, 5, 5], max: [3, 5, 5] },
      });
    const names = metricNamesSchema.parse(
      await read(harness, `/v1/runs/${id}/scalars/names?component=train`),
    );
    expect(names).toEqual({
      items: [
        { title: 'loss', series: 'train', calls: 3 },
        { title: 'accuracy', series: 'train', calls: 3 },
      ],
      next: null,
    });
    const other = await read(harness, `/v1/runs/${id}/scalars/names?component=other`);
    expect(other).toEqual({ items: [], next: null });
  });

  it('a cursor is refused for another component', async () => {
    const { harness, id } = await aRunWith([aTraining(0), aTraining(1)], {});
    const path = `/v1/runs/${id}/scalars?title=a&series=b&limit=1`;
    const { next } = memberScalarsSchema.parse(await read(harness, `${path}&component=train`));
    const { status } = await harness.request('GET', `${path}&component=load&cursor=${next}`);
    expect(status).toBe(400);
    expect((await harness.request('GET', `/v1/runs/${id}/scalars?title=a`)).status).toBe(400);
  });
});
