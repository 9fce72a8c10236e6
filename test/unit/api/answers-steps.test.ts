import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { Artifact } from '../../../src/model/artifacts.ts';
import type { Logs } from '../../../src/ports/logs.ts';
import { aCompletedStep, anAttempt, anEntry, aReport } from '../../conformance/records.ts';
import { aRun, commit, pages } from './answers-harness.ts';
import { type ApiHarness, aCode, anApi, idOf, registered, uploaded } from './harness.ts';

describe('steps', () => {
  const artifact = (name: string, value: Artifact['value']): Artifact => ({
    name,
    type: value.format,
    size: 3,
    hash: 'h',
    preview: '…',
    value,
    createdAt: 5,
  });

  async function withSteps(
    over: Parameters<typeof anApi>[0] = {},
  ): Promise<{ readonly harness: ApiHarness; readonly id: string }> {
    const harness = await anApi(over);
    await registered(harness);
    const id = await aRun(harness);
    const train = aCompletedStep(0, {
      name: 'train',
      component: 'train',
      attempts: [
        { ...anAttempt(1), endedAt: 4_000, logStream: 'log-1' },
        { ...anAttempt(2), status: 'running' },
      ],
      artifacts: [
        artifact('small', { format: 'json', text: '[1]' }),
        artifact('large', {
          format: 'file',
          key: 'p/x/data/large',
          size: 3,
          hash: 'h',
          name: 'a.csv',
        }),
      ],
    });
    const others = [1, 2, 3].map((call) =>
      aCompletedStep(call, {
        name: call === 1 ? 'score' : `score_${call - 1}`,
        component: 'score',
        parentNames: ['train'],
        parentCount: 1,
      }),
    );
    await commit(harness, id, {
      created: [train, ...others],
      edges: others.map(({ call }) => ({ parent: 0, child: call })),
      reports: [aReport(0, 2, 0, [1, 2, 3])],
    });
    return { harness, id };
  }

  it('steps are listed in the order of calls, in pages, also by name', async () => {
    const { harness, id } = await withSteps();
    expect(await pages(harness, `/v1/runs/${id}/steps?limit=3`, 'name')).toEqual([
      ['train', 'score', 'score_1'],
      ['score_2'],
    ]);
    expect(await pages(harness, `/v1/runs/${id}/steps?name=score&limit=2`, 'call')).toEqual([
      [1, 2],
      [3],
    ]);
    expect(await pages(harness, `/v1/runs/${id}/steps?name=score_2`, 'call')).toEqual([[3]]);
    expect(await pages(harness, `/v1/runs/${id}/steps/2/parents?limit=5`, 'name')).toEqual([
      ['train'],
    ]);
    expect((await harness.request('GET', `/v1/runs/${id}/steps/9`)).body).toMatchObject({
      status: 404,
      errors: [{ in: 'path', field: 'call' }],
    });
  });

  it('the metrics of a step are included on request, and listed in pages', async () => {
    const { harness, id } = await withSteps();
    const stepWith = async (query: string) =>
      (await harness.request('GET', `/v1/runs/${id}/steps/0${query}`)).body;
    expect(await stepWith('')).toMatchObject({
      points: null,
      attempts: [
        { number: 1, hasLog: true },
        { number: 2, hasLog: false },
      ],
    });
    expect(await stepWith('?include=metrics')).toMatchObject({
      points: [{ value: 1 }, { value: 2 }, { value: 3 }],
      hasMorePoints: false,
    });
    expect(await pages(harness, `/v1/runs/${id}/steps/0/metrics?limit=2`, 'value')).toEqual([
      [1, 2],
      [3],
    ]);
  });

  it('the log of an attempt is read in parts, each from where the last one ended', async () => {
    const { harness, id } = await withSteps();
    const read = async (query: string) => {
      const { status, body } = await harness.request('GET', `/v1/runs/${id}/steps/0/logs?${query}`);
      return { status, body: z.looseObject({ next: z.string().optional() }).parse(body) };
    };
    const first = await read('attempt=1&limit=2');
    expect(first.body).toMatchObject({
      lines: [{ text: 'one' }, { text: 'two' }],
      hasMore: true,
      complete: true,
    });
    expect((await read(`cursor=${first.body.next}`)).body).toMatchObject({
      lines: [{ text: 'three' }],
      hasMore: false,
    });
    expect((await read(`cursor=${first.body.next}&attempt=2`)).status).toBe(400);
    expect((await read('')).body).toMatchObject({ lines: [], hasMore: false, complete: false });
    expect((await read('attempt=3')).status).toBe(404);
  });

  it('the log of an ended attempt is incomplete while its store may receive lines', async () => {
    const read = vi.fn<Logs['read']>(async (_, { from }) => ({
      lines: [],
      next: from ?? 'start',
      previous: null,
      more: false,
      complete: from !== null,
      size: null,
    }));
    const { harness, id } = await withSteps({
      logs: { read, pagesPerSearch: 1, callsPerRunLog: 9 },
    });
    const path = `/v1/runs/${id}/steps/0/logs?attempt=1`;
    const { body } = await harness.request('GET', path);
    expect(body).toMatchObject({ hasMore: false, complete: false });
    const { next } = z.looseObject({ next: z.string() }).parse(body);
    expect((await harness.request('GET', `${path}&cursor=${next}`)).body).toMatchObject({
      complete: true,
    });
    expect(read.mock.calls[0]?.[1]).toMatchObject({ ended: true, endedAt: 4_000 });
  });

  it('the artifacts of a step have their content, or a link to it', async () => {
    const { harness, id } = await withSteps();
    const { body } = await harness.request('GET', `/v1/runs/${id}/steps/0/artifacts`);
    expect(body).toMatchObject({
      items: [
        { name: 'small', content: { format: 'json', text: '[1]' } },
        {
          name: 'large',
          content: {
            format: 'file',
            name: 'a.csv',
            link: { url: 'http://links/p/x/data/large', method: 'GET' },
          },
        },
      ],
    });
    expect(await pages(harness, `/v1/runs/${id}/steps/0/artifacts?name=large`, 'name')).toEqual([
      ['large'],
    ]);
    expect(await pages(harness, `/v1/runs/${id}/artifacts?limit=5`, 'name')).toEqual([[]]);
  });
});

describe('models, queues and cache', () => {
  it('the models of runs are listed in pages, newest runs first', async () => {
    const harness = await anApi();
    await registered(harness);
    const model = (name: string) => ({
      name,
      value: { format: 'file' as const, key: `k/${name}`, size: 1, hash: 'h' },
      size: 1,
      hash: 'h',
      createdAt: 1,
    });
    for (const names of [['a', 'b', 'c'], [], ['d']])
      await commit(harness, await aRun(harness), {
        runOutputs: { artifacts: [], models: names.map(model) },
      });
    expect(await pages(harness, '/v1/models?limit=2', 'name')).toEqual([
      ['d', 'a'],
      ['b', 'c'],
    ]);
    expect(await pages(harness, '/v1/models?name=b', 'name')).toEqual([['b']]);
  });

  it('the models of 1,200 steps are listed with their step, behind those of their run', async () => {
    const harness = await anApi();
    await registered(harness);
    const model = (name: string) => ({
      name,
      value: { format: 'file' as const, key: `k/${name}`, size: 1, hash: 'h' },
      size: 1,
      hash: 'h',
      createdAt: 1,
    });
    const steps = Array.from({ length: 1200 }, (_, call) =>
      aCompletedStep(call, call % 400 === 7 ? { models: [model(`m${call}`), model('other')] } : {}),
    );
    await commit(
      harness,
      await aRun(harness),
      { created: steps, runOutputs: { artifacts: [], models: [model('own')] } },
      { callCount: steps.length },
    );
    await commit(
      harness,
      await aRun(harness),
      { created: [aCompletedStep(0, { name: 'train', models: [model('best')] })] },
      { callCount: 1 },
    );
    const all = await pages(harness, '/v1/models?limit=3', 'name');
    expect(all.flat()).toEqual(['best', 'own', 'm7', 'other', 'm407', 'other', 'm807', 'other']);
    expect(all.every((page) => page.length <= 3)).toBe(true);
    expect((await pages(harness, '/v1/models?name=m807', 'step')).flat()).toEqual([
      { call: 807, name: 'step_807' },
    ]);
    expect((await pages(harness, '/v1/models?name=own', 'step')).flat()).toEqual([null]);
    expect((await pages(harness, '/v1/models?name=best', 'step')).flat()).toEqual([
      { call: 0, name: 'train' },
    ]);
  });

  it('the cache is listed and cleared by filters', async () => {
    const harness = await anApi();
    for (const [n, key] of ['aa1', 'aa2', 'bb1'].entries()) {
      const holder = { run: idOf(1), call: n };
      await harness.storage.cache.publish(
        anEntry(key, { createdAt: n, component: key.startsWith('a') ? 'train' : 'score' }),
        holder,
      );
    }
    expect(await pages(harness, '/v1/cache?limit=2', 'key')).toEqual([['bb1', 'aa2'], ['aa1']]);
    expect(await pages(harness, '/v1/cache?key=aa&component=train', 'key')).toEqual([
      ['aa2', 'aa1'],
    ]);
    expect((await harness.request('DELETE', '/v1/cache?key=aa2')).body).toEqual({ removed: 1 });
    expect((await harness.request('DELETE', '/v1/cache?component=score')).body).toEqual({
      removed: 1,
    });
    expect((await harness.request('DELETE', '/v1/cache?all=true')).body).toEqual({ removed: 1 });
    expect((await harness.request('GET', '/v1/queues')).body).toMatchObject({
      items: [{ name: 'default' }],
    });
    expect((await harness.request('GET', '/v1')).body).toEqual({
      name: 'headrace',
      version: '1.0.0',
      stepExecutor: 'container',
    });
  });

  it('a version may use code that another client uploaded', async () => {
    const harness = await anApi();
    await uploaded(harness, aCode('shared'));
    await registered(harness, 'shared');
    expect(await aRun(harness)).toMatch(/^01api/);
  });
});
