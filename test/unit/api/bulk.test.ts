/**
 * Requests that change many runs.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { bulkOutcomeSchema } from '../../../src/wire/bulk.ts';
import { aHead, anInfo } from '../../conformance/records.ts';
import { type ApiHarness, anApi, idOf } from './harness.ts';

/** Runs 1 (running), 2 (completed) and 3 (aborted). */
async function withRuns(over: Parameters<typeof anApi>[0] = {}): Promise<ApiHarness> {
  const harness = await anApi(over);
  for (const [index, status] of (['running', 'completed', 'aborted'] as const).entries()) {
    const id = idOf(index + 1);
    await harness.storage.tasks.createRun(anInfo(id), aHead(id, { status, tags: ['old'] }));
  }
  return harness;
}

const RUNS = [idOf(2), idOf(1), idOf(9), idOf(3), idOf(1)];

async function outcomes(harness: ApiHarness, path: string, body: object): Promise<unknown[]> {
  const response = await harness.request('POST', path, body);
  expect(response.status).toBe(200);
  const { items } = bulkOutcomeSchema.parse(response.body);
  for (const { status, problem } of items) expect(problem?.status ?? status).toBe(status);
  return items.map(({ run, status }) => [run, status]);
}

it('runs are aborted one by one: each has the outcome of its own request', async () => {
  const harness = await withRuns();
  const request = { runs: RUNS, reason: 'too slow' };
  for (let repeated = 0; repeated < 2; repeated += 1)
    expect(await outcomes(harness, '/v1/runs/abort', request)).toEqual([
      [idOf(2), 409],
      [idOf(1), 202],
      [idOf(9), 404],
      [idOf(3), 202],
    ]);
  expect(new Set(harness.runRequests)).toEqual(new Set([`abort ${idOf(1)}: too slow`]));
});

it('tags of runs are changed one by one, and a run with too many tags is refused', async () => {
  const harness = await withRuns();
  const add = Array.from({ length: 100 }, (_, n) => `t${n}`);
  expect(await outcomes(harness, '/v1/runs/tags', { runs: RUNS, add })).toEqual([
    [idOf(2), 422],
    [idOf(1), 422],
    [idOf(9), 404],
    [idOf(3), 422],
  ]);
  expect(
    await outcomes(harness, '/v1/runs/tags', { runs: [idOf(1)], add, remove: ['old'] }),
  ).toEqual([[idOf(1), 202]]);
  expect(harness.runRequests).toEqual([`tag ${idOf(1)} +${add} -old`]);
});

it('runs that have ended are archived, and any are shown again', async () => {
  const harness = await withRuns();
  const [, ...archived] = await outcomes(harness, '/v1/runs/archive', {
    runs: RUNS,
    archived: true,
  });
  expect(archived).toEqual([
    [idOf(1), 409],
    [idOf(9), 404],
    [idOf(3), 202],
  ]);
  await outcomes(harness, '/v1/runs/archive', { runs: [idOf(1)], archived: false });
  expect(harness.runRequests).toEqual([
    `annotate ${idOf(2)} undefined true`,
    `annotate ${idOf(3)} undefined true`,
    `annotate ${idOf(1)} undefined false`,
  ]);
});

it('runs that have ended are removed, and a repeated request finds them missing', async () => {
  const harness = await withRuns();
  expect(await outcomes(harness, '/v1/runs/remove', { runs: RUNS })).toEqual([
    [idOf(2), 204],
    [idOf(1), 409],
    [idOf(9), 404],
    [idOf(3), 204],
  ]);
  expect(await outcomes(harness, '/v1/runs/remove', { runs: [idOf(2)] })).toEqual([[idOf(2), 404]]);
});

it('runs that a request does not come to in time are reported, and can be sent again', async () => {
  let now = 0;
  const harness = await withRuns({ clock: { now: () => (now += 1_000) } });
  const runs = Array.from({ length: 30 }, (_, n) => idOf(n + 1));
  const found = await outcomes(harness, '/v1/runs/abort', { runs });
  expect(found.slice(0, 3)).toEqual([
    [idOf(1), 202],
    [idOf(2), 409],
    [idOf(3), 202],
  ]);
  expect(found.slice(20)).toEqual(runs.slice(20).map((run) => [run, 503]));
});

it.each([
  ['/v1/runs/abort', {}],
  ['/v1/runs/abort', { runs: [] }],
  ['/v1/runs/abort', { runs: Array.from({ length: 101 }, (_, n) => idOf(n)) }],
  ['/v1/runs/abort', { runs: ['latest'] }],
  ['/v1/runs/tags', { runs: [idOf(1)] }],
  ['/v1/runs/archive', { runs: [idOf(1)] }],
  ['/v1/runs/remove', { runs: [idOf(1)], all: true }],
])('POST %s with %j is refused as a whole', async (path, body) => {
  const harness = await withRuns();
  expect((await harness.request('POST', path, body)).status).toBe(400);
  expect(harness.runRequests).toEqual([]);
});
