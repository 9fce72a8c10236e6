import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { allItems } from '../../../src/client/client.ts';
import type { Artifact } from '../../../src/model/artifacts.ts';
import type { RunHead } from '../../../src/model/run.ts';
import type { Page } from '../../../src/wire/values.ts';
import { aCommit, aDone, anAttempt, anEntry, aReport } from '../../conformance/records.ts';
import { A_RUN, type ApiBench, aCode, anApi, idOf, registered, uploaded } from './harness.ts';

const created = z.object({ id: z.string() });

async function aRun(
  bench: ApiBench,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { status, body } = await bench.request('POST', '/v1/runs', A_RUN, headers);
  expect(status).toBe(201);
  return created.parse(body).id;
}

/** Commits to the run as the controller would. */
async function commit(
  { storage }: ApiBench,
  id: string,
  content: Parameters<typeof aCommit>[1],
  head: Partial<RunHead> = {},
): Promise<void> {
  const run = await storage.tasks.run(idOf(Number(id.slice(5))));
  if (run === undefined) throw new Error(`there is no run ${id}`);
  await storage.tasks.commit(run.info.id, aCommit(run.head, content, head));
}

const pageSchema = z.object({ items: z.array(z.looseObject({})), next: z.string().nullable() });

/** All pages of a list, each as the values of one field. */
async function pages(bench: ApiBench, path: string, field: string): Promise<unknown[][]> {
  const found: unknown[][] = [];
  const page = async ({ cursor }: { readonly cursor?: string }): Promise<Page<unknown>> => {
    const { status, body } = await bench.request(
      'GET',
      `${path}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
    );
    expect(status, JSON.stringify(body)).toBe(200);
    const { items, next } = pageSchema.parse(body);
    found.push(items.map((item) => item[field]));
    return { items, next };
  };
  for await (const _ of allItems(page));
  return found;
}

describe('versions', () => {
  it('need no upload for code that is there', async () => {
    const bench = await anApi();
    const { logic } = aCode();
    const ask = () =>
      bench.request('POST', '/v1/uploads', {
        code: [{ hash: logic.hash, type: 'js', size: logic.size }],
      });
    expect((await ask()).body).toMatchObject({
      items: [{ key: logic.key, upload: { method: 'PUT', headers: { 'x-hash': logic.hash } } }],
    });
    await bench.storage.objects.putIfAbsent(logic.key, Buffer.from('logic'));
    expect((await ask()).body).toEqual({ items: [{ key: logic.key, upload: null }] });
  });

  it('are raised for other code, and listed highest first; pipelines with their highest', async () => {
    const bench = await anApi();
    await registered(bench, 'one');
    await registered(bench, 'two');
    await registered(bench, 'one');
    const query = 'project=examples&pipeline=iris';
    expect(await pages(bench, `/v1/versions?${query}&limit=1`, 'version')).toEqual([
      ['1.0.1'],
      ['1.0.0'],
    ]);
    expect((await bench.request('GET', '/v1/pipelines')).body).toEqual({
      items: [{ project: 'examples', name: 'iris', latest: '1.0.1' }],
      next: null,
    });
    const { body } = await bench.request('GET', `/v1/versions/1?${query}`);
    expect(body).toMatchObject({
      version: '1.0.0',
      runnable: true,
      signature: { parameters: [{ name: 'url' }, { name: 'size', defaultValue: 3 }] },
    });
    expect((await bench.request('GET', `/v1/versions/3?${query}`)).status).toBe(404);
  });
});

describe('runs', () => {
  it('are created of the highest version, or the one that is named, with their defaults', async () => {
    const bench = await anApi();
    await registered(bench, 'one');
    await registered(bench, 'two');
    const run = async (over: object) =>
      (
        await bench.request(
          'GET',
          `/v1/runs/${created.parse((await bench.request('POST', '/v1/runs', { ...A_RUN, ...over })).body).id}`,
        )
      ).body;
    expect(await run({ tags: ['nightly'] })).toMatchObject({
      version: '1.0.1',
      number: 1,
      status: 'queued',
      tags: ['nightly'],
      args: { url: 'https://example.org', size: 3 },
    });
    expect(await run({ version: '1.0' })).toMatchObject({ version: '1.0.0', number: 2 });
  });

  it('of one key are one run, with the same answer whatever became of it; another body is refused', async () => {
    const bench = await anApi();
    await registered(bench);
    const post = (body: object, key: string) =>
      bench.request('POST', '/v1/runs', body, { 'idempotency-key': key });
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(A_RUN, 'key')));
    const [first] = answers;
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const { id } = created.parse(first?.body);
    expect(first?.headers.get('location')).toBe(`/v1/runs/${id}`);
    await commit(bench, id, {}, { status: 'completed', tags: ['later'] });
    bench.now += 1_000_000;
    const reordered = { args: A_RUN.args, project: A_RUN.project, pipeline: A_RUN.pipeline };
    expect((await post(reordered, 'key')).body).toEqual(first?.body);
    const other = await post({ ...A_RUN, tags: ['other'] }, 'key');
    expect(other).toMatchObject({
      status: 422,
      body: { errors: [{ in: 'header', field: 'Idempotency-Key' }] },
    });
    expect(await bench.storage.tasks.runs({ limit: 10 })).toHaveLength(1);
    expect(created.parse((await post(A_RUN, 'another')).body).id).not.toBe(id);
  });

  it('that were removed are not made again by their key', async () => {
    const bench = await anApi();
    await registered(bench);
    const id = await aRun(bench, { 'idempotency-key': 'key' });
    await commit(bench, id, {}, { status: 'failed' });
    expect((await bench.request('DELETE', `/v1/runs/${id}`)).status).toBe(204);
    expect((await bench.request('GET', `/v1/runs/${id}`)).status).toBe(404);
    expect(
      (await bench.request('POST', '/v1/runs', A_RUN, { 'idempotency-key': 'key' })).status,
    ).toBe(410);
  });

  it('are listed newest first, filtered, page by page; a cursor is of its list and filters', async () => {
    const bench = await anApi();
    await registered(bench);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift(await aRun(bench));
    await commit(bench, ids[1] ?? '', {}, { status: 'failed' });
    await commit(bench, ids[3] ?? '', {}, { status: 'failed' });
    expect(await pages(bench, '/v1/runs?limit=2', 'id')).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
    expect(
      await pages(bench, '/v1/runs?limit=1&status=failed&project=examples&pipeline=iris', 'id'),
    ).toEqual([[ids[1]], [ids[3]]]);
    expect(await pages(bench, '/v1/runs?limit=2&project=other', 'id')).toEqual([[]]);
    const { next } = pageSchema.parse((await bench.request('GET', '/v1/runs?limit=2')).body);
    expect(
      (await bench.request('GET', `/v1/runs?limit=2&status=failed&cursor=${next}`)).status,
    ).toBe(400);
    expect((await bench.request('GET', `/v1/runs/${ids[0]}/steps?cursor=${next}`)).status).toBe(
      400,
    );
    expect(await pages(bench, `/v1/runs?id=${ids[2]}`, 'id')).toEqual([[ids[2]]]);
    expect(await pages(bench, '/v1/runs?id=01api', 'id')).toEqual([[ids[4], ids[3]]]);
  });

  it('are moved as their state allows', async () => {
    const bench = await anApi();
    await registered(bench);
    const id = await aRun(bench);
    const ask = async (what: string, body?: object) =>
      (await bench.request('POST', `/v1/runs/${id}/${what}`, body)).status;
    expect(await ask('abort')).toBe(202);
    expect(await ask('abort', { reason: 'wrong data' })).toBe(202);
    expect((await bench.request('DELETE', `/v1/runs/${id}`)).status).toBe(409);
    await commit(bench, id, {}, { status: 'aborted' });
    expect(await ask('abort')).toBe(202);
    expect(await ask('resume')).toBe(202);
    await commit(
      bench,
      id,
      { created: [aDone(0, { name: 'train', component: 'train' })] },
      { status: 'completed' },
    );
    expect(await ask('abort')).toBe(409);
    expect(await ask('resume')).toBe(409);
    expect(
      (await bench.request('POST', `/v1/runs/${id}/rerun`, { from: 'nowhere' })).body,
    ).toMatchObject({ status: 422, errors: [{ field: 'from' }] });
    expect(await ask('rerun', { from: 'train' })).toBe(201);
    expect((await bench.request('PATCH', `/v1/runs/${id}/tags`, { add: ['best'] })).status).toBe(
      202,
    );
    expect(bench.asked).toEqual([
      `abort ${id}: aborted on request`,
      `abort ${id}: wrong data`,
      `resume ${id}`,
      expect.stringMatching(`^rerun ${id} as \\w{26} from train$`),
      `tag ${id} +best -`,
    ]);
  });
});

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

  async function withSteps(): Promise<{ readonly bench: ApiBench; readonly id: string }> {
    const bench = await anApi();
    await registered(bench);
    const id = await aRun(bench);
    const train = aDone(0, {
      name: 'train',
      component: 'train',
      attempts: [
        { ...anAttempt(1), logStream: 'log-1' },
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
      aDone(call, {
        name: call === 1 ? 'score' : `score_${call - 1}`,
        component: 'score',
        parentNames: ['train'],
        parentCount: 1,
      }),
    );
    await commit(bench, id, {
      created: [train, ...others],
      edges: others.map(({ call }) => ({ parent: 0, child: call })),
      reports: [aReport(0, 2, 0, [1, 2, 3])],
    });
    return { bench, id };
  }

  it('are listed in the order of calls, page by page, also by name', async () => {
    const { bench, id } = await withSteps();
    expect(await pages(bench, `/v1/runs/${id}/steps?limit=3`, 'name')).toEqual([
      ['train', 'score', 'score_1'],
      ['score_2'],
    ]);
    expect(await pages(bench, `/v1/runs/${id}/steps?name=score&limit=2`, 'call')).toEqual([
      [1, 2],
      [3],
    ]);
    expect(await pages(bench, `/v1/runs/${id}/steps?name=score_2`, 'call')).toEqual([[3]]);
    expect(await pages(bench, `/v1/runs/${id}/steps/2/parents?limit=5`, 'name')).toEqual([
      ['train'],
    ]);
    expect((await bench.request('GET', `/v1/runs/${id}/steps/9`)).body).toMatchObject({
      status: 404,
      errors: [{ in: 'path', field: 'call' }],
    });
  });

  it('have metrics, beside them if asked for, and page by page', async () => {
    const { bench, id } = await withSteps();
    const shown = async (query: string) =>
      (await bench.request('GET', `/v1/runs/${id}/steps/0${query}`)).body;
    expect(await shown('')).toMatchObject({
      points: null,
      attempts: [
        { number: 1, hasLog: true },
        { number: 2, hasLog: false },
      ],
    });
    expect(await shown('?include=metrics')).toMatchObject({
      points: [{ value: 1 }, { value: 2 }, { value: 3 }],
      hasMorePoints: false,
    });
    expect(await pages(bench, `/v1/runs/${id}/steps/0/metrics?limit=2`, 'value')).toEqual([
      [1, 2],
      [3],
    ]);
  });

  it('have a log of each attempt, from where one left off', async () => {
    const { bench, id } = await withSteps();
    const read = async (query: string) => {
      const { status, body } = await bench.request('GET', `/v1/runs/${id}/steps/0/logs?${query}`);
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

  it('have artifacts with their content, or a link to it', async () => {
    const { bench, id } = await withSteps();
    const { body } = await bench.request('GET', `/v1/runs/${id}/steps/0/artifacts`);
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
    expect(await pages(bench, `/v1/runs/${id}/steps/0/artifacts?name=large`, 'name')).toEqual([
      ['large'],
    ]);
    expect(await pages(bench, `/v1/runs/${id}/artifacts?limit=5`, 'name')).toEqual([[]]);
  });
});

describe('models, queues and cache', () => {
  it('lists the models of runs, newest runs first, page by page', async () => {
    const bench = await anApi();
    await registered(bench);
    const model = (name: string) => ({
      name,
      value: { format: 'file' as const, key: `k/${name}`, size: 1, hash: 'h' },
      size: 1,
      hash: 'h',
      createdAt: 1,
    });
    for (const names of [['a', 'b', 'c'], [], ['d']])
      await commit(bench, await aRun(bench), {}, { models: names.map(model) });
    expect(await pages(bench, '/v1/models?limit=2', 'name')).toEqual([
      ['d', 'a'],
      ['b', 'c'],
    ]);
    expect(await pages(bench, '/v1/models?name=b', 'name')).toEqual([['b']]);
  });

  it('lists the models of steps behind those of their run, and whose each is, however many steps there are', async () => {
    const bench = await anApi();
    await registered(bench);
    const model = (name: string) => ({
      name,
      value: { format: 'file' as const, key: `k/${name}`, size: 1, hash: 'h' },
      size: 1,
      hash: 'h',
      createdAt: 1,
    });
    const steps = Array.from({ length: 1200 }, (_, call) =>
      aDone(call, call % 400 === 7 ? { models: [model(`m${call}`), model('other')] } : {}),
    );
    await commit(
      bench,
      await aRun(bench),
      { created: steps },
      { models: [model('own')], callCount: steps.length },
    );
    await commit(
      bench,
      await aRun(bench),
      { created: [aDone(0, { name: 'train', models: [model('best')] })] },
      { callCount: 1 },
    );
    const all = await pages(bench, '/v1/models?limit=3', 'name');
    expect(all.flat()).toEqual(['best', 'own', 'm7', 'other', 'm407', 'other', 'm807', 'other']);
    expect(all.every((page) => page.length <= 3)).toBe(true);
    expect((await pages(bench, '/v1/models?name=m807', 'step')).flat()).toEqual([
      { call: 807, name: 'step_807' },
    ]);
    expect((await pages(bench, '/v1/models?name=own', 'step')).flat()).toEqual([null]);
    expect((await pages(bench, '/v1/models?name=best', 'step')).flat()).toEqual([
      { call: 0, name: 'train' },
    ]);
  });

  it('lists and clears the cache by its filters', async () => {
    const bench = await anApi();
    for (const [n, key] of ['aa1', 'aa2', 'bb1'].entries()) {
      const holder = { run: idOf(1), call: n };
      await bench.storage.cache.publish(
        anEntry(key, { createdAt: n, component: key.startsWith('a') ? 'train' : 'score' }),
        holder,
      );
    }
    expect(await pages(bench, '/v1/cache?limit=2', 'key')).toEqual([['bb1', 'aa2'], ['aa1']]);
    expect(await pages(bench, '/v1/cache?key=aa&component=train', 'key')).toEqual([['aa2', 'aa1']]);
    expect((await bench.request('DELETE', '/v1/cache?key=aa2')).body).toEqual({ removed: 1 });
    expect((await bench.request('DELETE', '/v1/cache?component=score')).body).toEqual({
      removed: 1,
    });
    expect((await bench.request('DELETE', '/v1/cache?all=true')).body).toEqual({ removed: 1 });
    expect((await bench.request('GET', '/v1/queues')).body).toMatchObject({
      items: [{ name: 'default' }],
    });
    expect((await bench.request('GET', '/v1')).body).toEqual({
      name: 'headrace',
      version: '1.0.0',
      stepExecutor: 'container',
    });
  });

  it('uses code that somebody else uploaded', async () => {
    const bench = await anApi();
    await uploaded(bench, aCode('shared'));
    await registered(bench, 'shared');
    expect(await aRun(bench)).toMatch(/^01api/);
  });
});
