/**
 * The filters of the list of runs, the note of a run, archiving, and who started a run.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { aHead, anInfo } from '../../conformance/records.ts';
import { aRun, commit, pageSchema, pages } from './answers-harness.ts';
import { type ApiHarness, anApi, idOf, registered } from './harness.ts';

const listed = async (harness: ApiHarness, query: string): Promise<unknown[]> => {
  const { status, body } = await harness.request('GET', `/v1/runs?${query}`);
  expect({ status, query, body }).toMatchObject({ status: 200 });
  return pageSchema.parse(body).items.map(({ id }) => id);
};

async function withRuns(): Promise<ApiHarness> {
  const harness = await anApi();
  const create = async (
    n: number,
    info: Parameters<typeof anInfo>[1],
    head: Parameters<typeof aHead>[1] = {},
  ) => await harness.storage.tasks.createRun(anInfo(idOf(n), info), aHead(idOf(n), head));
  await create(1, { createdBy: 'arn:aws:iam::123456789012:user/team/jo' }, { status: 'failed' });
  await create(2, { createdBy: 'mina' }, { tags: ['a', 'b'], note: 'the best of all' });
  await create(3, { pipeline: 'other' }, { tags: ['a'], status: 'running' });
  await create(4, {}, { status: 'completed', archived: true });
  return harness;
}

it.each([
  ['', [3, 2, 1]],
  ['sort=oldest', [1, 2, 3]],
  ['status=failed', [1]],
  ['status=failed&status=running', [3, 1]],
  ['tag=a', [3, 2]],
  ['tag=a&tag=b', [2]],
  ['by=jo', [1]],
  ['by=arn:aws:iam::123456789012:user/team/jo', [1]],
  ['by=mina&tag=b', [2]],
  ['name=OTH', [3]],
  ['q=best', [2]],
  ['q=iris%23', [2, 1]],
  ['archived=only', [4]],
  ['archived=include', [4, 3, 2, 1]],
  [`id=${idOf(4)}`, [4]],
  ['project=examples&pipeline=iris&number=3', [4]],
  ['to=1970-01-02', []],
  ['from=2026-11-30T08:00:00%2B01:00', []],
] as const)('the list of runs with %j has the runs %j', async (query, numbers) => {
  expect(await listed(await withRuns(), query)).toEqual(numbers.map(idOf));
});

it.each([
  ['status=none', 'status'],
  ['status=failed&status=none', 'status'],
  ['tag=', 'tag'],
  ['from=yesterday', 'from'],
  ['to=2026-13-01', 'to'],
  ['archived=yes', 'archived'],
  ['sort=cost', 'sort'],
  ['q=', 'q'],
])('the list of runs with %j is refused, and the field is named', async (query, field) => {
  const { status, body } = await (await withRuns()).request('GET', `/v1/runs?${query}`);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(`"field":"${field}`);
});

it('pages of the list have the same runs in both orders, and a cursor keeps its filters', async () => {
  const harness = await withRuns();
  for (const [sort, expected] of [
    ['newest', [[4], [3], [2], [1]]],
    ['oldest', [[1], [2], [3], [4]]],
  ] as const)
    expect(await pages(harness, `/v1/runs?archived=include&limit=1&sort=${sort}`, 'id')).toEqual(
      expected.map((page) => page.map(idOf)),
    );
  const { body } = await harness.request('GET', '/v1/runs?limit=1');
  const cursor = pageSchema.parse(body).next;
  expect((await harness.request('GET', `/v1/runs?sort=oldest&cursor=${cursor}`)).status).toBe(400);
});

it('a short page of runs continues behind the last run that was read', async () => {
  const harness = await withRuns();
  const all = await harness.storage.tasks.runs({ limit: 10 });
  const asked: unknown[] = [];
  const short = await anApi({
    queries: Object.assign(harness.storage.tasks, {
      runPage: async (filter: { readonly before?: string }) => {
        asked.push(filter.before);
        return asked.length === 1
          ? { runs: [], next: idOf(3) }
          : { runs: all.slice(0, 1), next: null };
      },
    }),
  });
  expect(await pages(short, '/v1/runs?limit=2', 'id')).toEqual([[], [idOf(4)]]);
  expect(asked).toEqual([undefined, idOf(3)]);
});

it('a run and a rerun have the caller who requested them', async () => {
  const harness = await anApi();
  await registered(harness);
  const id = await aRun(harness);
  const createdBy = 'arn:aws:sts::123456789012:assumed-role/Data/mina@example.com';
  expect(await harness.request('GET', `/v1/runs/${id}`)).toMatchObject({ body: { createdBy } });
  const rerun = await harness.request('POST', `/v1/runs/${id}/rerun`, {});
  expect(rerun).toMatchObject({ status: 201, body: { createdBy, archived: false } });
  expect(await harness.request('GET', '/v1/me')).toMatchObject({
    status: 200,
    body: { principal: createdBy, name: 'mina@example.com', version: '1.0.0', readOnly: false },
  });
});

it('the name of a caller is recorded without control characters, in at most 256 characters', async () => {
  const caller = { principal: `\u001b[31m${'x'.repeat(400)}`, name: 'x' };
  const harness = await anApi({ callerOf: () => caller });
  await registered(harness);
  const run = await harness.storage.tasks.run(idOf(Number((await aRun(harness)).slice(5))));
  expect(run?.info.createdBy).toMatch(/^\[31mx+… \(\d+ characters in all\)$/);
  expect(run?.info.createdBy?.length).toBeLessThanOrEqual(256);
});

it('a note is changed in any state, and only a run that has ended is archived', async () => {
  const harness = await anApi();
  await registered(harness);
  const id = await aRun(harness);
  const path = `/v1/runs/${id}`;
  expect((await harness.request('PATCH', path, { note: ' the best ' })).status).toBe(202);
  const refused = await harness.request('PATCH', path, { archived: true });
  expect(refused).toMatchObject({
    status: 409,
    body: { detail: `run ${id} is queued: only a run that has ended can be archived` },
  });
  await commit(harness, id, {}, { status: 'completed' });
  expect((await harness.request('PATCH', path, { archived: true, note: null })).status).toBe(202);
  expect(harness.runRequests).toEqual([
    `annotate ${id} the best undefined`,
    `annotate ${id} null true`,
  ]);
  for (const body of [{}, { note: 'x'.repeat(2001) }, { archived: 'yes' }, { tags: [] }])
    expect((await harness.request('PATCH', path, body)).status).toBe(400);
  expect((await harness.request('PATCH', `/v1/runs/${idOf(9)}`, { note: 'x' })).status).toBe(404);
});
