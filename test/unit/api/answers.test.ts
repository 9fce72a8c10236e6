import { describe, expect, it } from 'vitest';
import { childRunId } from '../../../src/model/child-run-ids.ts';
import { runIdSchema } from '../../../src/model/ids.ts';
import { MAX_RUN_SIGNALS } from '../../../src/model/limits.ts';
import { signalReceipt } from '../../../src/model/signal-ids.ts';
import { aCompletedStep, aHead, anInfo } from '../../conformance/records.ts';
import { aRun, commit, created, pageSchema, pages } from './answers-harness.ts';
import { A_RUN, aCode, anApi, registered } from './harness.ts';

describe('versions', () => {
  it('code that is already stored needs no upload', async () => {
    const harness = await anApi();
    const { logic } = aCode();
    const requestUpload = () =>
      harness.request('POST', '/v1/uploads', {
        code: [{ hash: logic.hash, type: 'js', size: logic.size }],
      });
    expect((await requestUpload()).body).toMatchObject({
      items: [{ key: logic.key, upload: { method: 'PUT', headers: { 'x-hash': logic.hash } } }],
    });
    await harness.storage.objects.putIfAbsent(logic.key, Buffer.from('logic'));
    expect((await requestUpload()).body).toEqual({ items: [{ key: logic.key, upload: null }] });
  });

  it('a version with other code gets a higher number; versions are listed highest first', async () => {
    const harness = await anApi();
    await registered(harness, 'one');
    await registered(harness, 'two');
    await registered(harness, 'one');
    const query = 'project=examples&pipeline=iris';
    expect(await pages(harness, `/v1/versions?${query}&limit=1`, 'version')).toEqual([
      ['1.0.1'],
      ['1.0.0'],
    ]);
    expect((await harness.request('GET', '/v1/pipelines')).body).toEqual({
      items: [{ project: 'examples', name: 'iris', latest: '1.0.1' }],
      next: null,
    });
    const { body } = await harness.request('GET', `/v1/versions/1?${query}`);
    expect(body).toMatchObject({
      version: '1.0.0',
      runnable: true,
      signature: { parameters: [{ name: 'url' }, { name: 'size', defaultValue: 3 }] },
    });
    expect((await harness.request('GET', `/v1/versions/3?${query}`)).status).toBe(404);
  });
});

describe('runs', () => {
  it('a run uses the highest version or the requested one, and the defaults of its parameters', async () => {
    const harness = await anApi();
    await registered(harness, 'one');
    await registered(harness, 'two');
    const run = async (over: object) =>
      (
        await harness.request(
          'GET',
          `/v1/runs/${created.parse((await harness.request('POST', '/v1/runs', { ...A_RUN, ...over })).body).id}`,
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

  it('requests with one idempotency key create one run and have one response; another body is refused', async () => {
    const harness = await anApi();
    await registered(harness);
    const post = (body: object, key: string) =>
      harness.request('POST', '/v1/runs', body, { 'idempotency-key': key });
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(A_RUN, 'key')));
    const [first] = answers;
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const { id } = created.parse(first?.body);
    expect(first?.headers.get('location')).toBe(`/v1/runs/${id}`);
    await commit(harness, id, {}, { status: 'completed', tags: ['later'] });
    harness.now += 1_000_000;
    const reordered = { args: A_RUN.args, project: A_RUN.project, pipeline: A_RUN.pipeline };
    expect((await post(reordered, 'key')).body).toEqual(first?.body);
    const other = await post({ ...A_RUN, tags: ['other'] }, 'key');
    expect(other).toMatchObject({
      status: 422,
      body: { errors: [{ in: 'header', field: 'Idempotency-Key' }] },
    });
    expect(await harness.storage.tasks.runs({ limit: 10 })).toHaveLength(1);
    expect(created.parse((await post(A_RUN, 'another')).body).id).not.toBe(id);
  });

  it('the idempotency key of a removed run does not create the run again', async () => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness, { 'idempotency-key': 'key' });
    await commit(harness, id, {}, { status: 'failed' });
    expect((await harness.request('DELETE', `/v1/runs/${id}`)).status).toBe(204);
    expect((await harness.request('GET', `/v1/runs/${id}`)).status).toBe(404);
    expect(
      (await harness.request('POST', '/v1/runs', A_RUN, { 'idempotency-key': 'key' })).status,
    ).toBe(410);
  });

  it('runs are listed newest first, by filters, in pages; a cursor belongs to its list and filters', async () => {
    const harness = await anApi();
    await registered(harness);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift(await aRun(harness));
    await commit(harness, ids[1] ?? '', {}, { status: 'failed' });
    await commit(harness, ids[3] ?? '', {}, { status: 'failed' });
    expect(await pages(harness, '/v1/runs?limit=2', 'id')).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
    expect(
      await pages(harness, '/v1/runs?limit=1&status=failed&project=examples&pipeline=iris', 'id'),
    ).toEqual([[ids[1]], [ids[3]]]);
    expect(await pages(harness, '/v1/runs?limit=2&project=other', 'id')).toEqual([[]]);
    const { next } = pageSchema.parse((await harness.request('GET', '/v1/runs?limit=2')).body);
    expect(
      (await harness.request('GET', `/v1/runs?limit=2&status=failed&cursor=${next}`)).status,
    ).toBe(400);
    expect((await harness.request('GET', `/v1/runs/${ids[0]}/steps?cursor=${next}`)).status).toBe(
      400,
    );
    expect(await pages(harness, `/v1/runs?id=${ids[2]}`, 'id')).toEqual([[ids[2]]]);
    expect(await pages(harness, '/v1/runs?id=01api', 'id')).toEqual([[ids[4], ids[3]]]);
  });

  it('the child runs of a run are listed by its id, in pages', async () => {
    const harness = await anApi();
    await registered(harness);
    const parent = runIdSchema.parse(await aRun(harness));
    const children = [1, 2, 3].map((number) => {
      const job = { name: `${parent}-0-child-${number}`, index: 0 };
      return { id: childRunId(job), job, call: number };
    });
    for (const { id, job, call } of children)
      await harness.storage.tasks.createRun(
        anInfo(id, {
          parent: { run: parent, pipeline: 'iris', number: 1, step: 'child', call, job, depth: 1 },
        }),
        aHead(id),
      );
    const inOrder = children.map(({ id }) => id).sort((a, b) => (a < b ? 1 : -1));
    expect(await pages(harness, `/v1/runs?parent=${parent}&limit=2`, 'id')).toEqual([
      inOrder.slice(0, 2),
      inOrder.slice(2),
    ]);
    expect(await pages(harness, `/v1/runs?parent=${inOrder[0]}`, 'id')).toEqual([[]]);
    expect(await pages(harness, `/v1/runs?parent=${parent}&status=failed`, 'id')).toEqual([[]]);
    expect(await pages(harness, `/v1/runs?parent=${parent}&id=${inOrder[1]}`, 'id')).toEqual([
      [inOrder[1]],
    ]);
    expect((await harness.request('GET', '/v1/runs?parent=main')).status).toBe(400);
  });

  it('a rerun that is refused for its arguments does not use up its idempotency key', async () => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness);
    const rerun = (args: object) =>
      harness.request('POST', `/v1/runs/${id}/rerun`, { args }, { 'idempotency-key': 'again' });
    expect(await rerun({ url: 1 })).toMatchObject({ status: 422 });
    const [first, second] = [await rerun({ url: 'other' }), await rerun({ url: 'other' })];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
  });

  it('a signal with a key that a run has received is accepted when the run accepts no new signals', async () => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness);
    const send = async (key: string) =>
      (
        await harness.request(
          'POST',
          `/v1/runs/${id}/signals/approve`,
          { value: true },
          { 'idempotency-key': key },
        )
      ).status;
    expect(await send('first')).toBe(202);
    const [, signal = ''] = / as (\w+)$/.exec(harness.runRequests.at(-1) ?? '') ?? [];
    const others = Array.from({ length: MAX_RUN_SIGNALS - 1 }, (_, n) => signalReceipt(`id ${n}`));
    const received = [signalReceipt(signal), ...others];
    await commit(harness, id, {}, { signals: { received, awaited: [], kept: [] } });
    expect(await send('new')).toBe(409);
    expect(await send('first')).toBe(202);
  });

  it('a run accepts the changes that its status allows', async () => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness);
    const change = async (action: string, body?: object) =>
      (await harness.request('POST', `/v1/runs/${id}/${action}`, body)).status;
    expect(await change('abort')).toBe(202);
    expect(await change('abort', { reason: 'wrong data' })).toBe(202);
    expect((await harness.request('DELETE', `/v1/runs/${id}`)).status).toBe(409);
    await commit(harness, id, {}, { status: 'aborted' });
    expect(await change('abort')).toBe(202);
    expect(await change('resume')).toBe(202);
    await commit(
      harness,
      id,
      { created: [aCompletedStep(0, { name: 'train', component: 'train' })] },
      { status: 'completed' },
    );
    expect(await change('abort')).toBe(409);
    expect(await change('resume')).toBe(409);
    expect(
      (await harness.request('POST', `/v1/runs/${id}/rerun`, { from: 'nowhere' })).body,
    ).toMatchObject({ status: 422, errors: [{ field: 'from' }] });
    expect(await change('rerun', { from: 'train' })).toBe(201);
    expect((await harness.request('PATCH', `/v1/runs/${id}/tags`, { add: ['best'] })).status).toBe(
      202,
    );
    expect(harness.runRequests).toEqual([
      `abort ${id}: aborted on request`,
      `abort ${id}: wrong data`,
      `resume ${id}`,
      expect.stringMatching(`^rerun ${id} as \\w{26} from train$`),
      `tag ${id} +best -`,
    ]);
  });
});
