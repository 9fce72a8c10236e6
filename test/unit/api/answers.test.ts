import { describe, expect, it } from 'vitest';
import { aCompletedStep } from '../../conformance/records.ts';
import { aRun, commit, created, pageSchema, pages } from './answers-harness.ts';
import { A_RUN, aCode, anApi, registered } from './harness.ts';

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
      { created: [aCompletedStep(0, { name: 'train', component: 'train' })] },
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
