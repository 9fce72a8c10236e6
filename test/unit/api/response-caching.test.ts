/**
 * Which responses a cache may store, and conditional requests.
 *
 * @module
 */
import { Hono } from 'hono';
import { expect, it, vi } from 'vitest';
import {
  cachePolicy,
  immutable,
  NotModified,
  revalidated,
  revalidatedAs,
} from '../../../src/api/response-caching.ts';
import { aCompletedStep } from '../../conformance/records.ts';
import { aRun, commit } from './answers-harness.ts';
import { type ApiHarness, anApi, registered } from './harness.ts';

async function aHarness(): Promise<ApiHarness & { readonly run: string }> {
  const harness = await anApi();
  await registered(harness);
  const run = await aRun(harness);
  await commit(harness, run, { created: [aCompletedStep(0)] }, { callCount: 1 });
  return Object.assign(harness, { run });
}

const PATHS = [
  '/v1',
  '/v1/queues',
  '/v1/runs',
  '/v1/runs/RUN',
  '/v1/runs/RUN/steps',
  '/v1/runs/RUN/steps/0',
  '/v1/pipelines',
  '/v1/versions?project=examples&pipeline=iris',
  '/v1/versions/1.0.0?project=examples&pipeline=iris',
];

it.each(PATHS)('%s is answered with 304 for the tag of its document', async (template) => {
  const harness = await aHarness();
  const path = template.replace('RUN', harness.run);
  const first = await harness.request('GET', path);
  const tag = first.headers.get('etag') ?? '';
  expect(first.status).toBe(200);
  expect(tag).toMatch(/^W\/"[-\w]{22}"$/);
  expect(first.headers.get('vary')).toBe('Authorization');
  for (const known of [tag, `"other", ${tag}`, tag.replace('W/', ''), '*'])
    for (const method of ['GET', 'HEAD']) {
      const again = await harness.request(method, path, undefined, { 'if-none-match': known });
      expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, undefined, tag]);
      expect(again.headers.get('cache-control')).toBe(first.headers.get('cache-control'));
      expect(again.headers.get('content-type')).toBeNull();
    }
  const other = await harness.request('GET', path, undefined, { 'if-none-match': 'W/"other"' });
  expect([other.status, other.body]).toEqual([200, first.body]);
});

it('the tag of a run changes with the run', async () => {
  const harness = await aHarness();
  const path = `/v1/runs/${harness.run}`;
  const tag = (await harness.request('GET', path)).headers.get('etag') ?? '';
  await commit(harness, harness.run, {}, { tags: ['new'] });
  const changed = await harness.request('GET', path, undefined, { 'if-none-match': tag });
  expect(changed).toMatchObject({ status: 200, body: { tags: ['new'] } });
  expect(changed.headers.get('etag')).not.toBe(tag);
});

it('a version is stored without further requests, because it never changes', async () => {
  const harness = await aHarness();
  const { headers } = await harness.request('GET', PATHS.at(-1) ?? '');
  expect(headers.get('cache-control')).toBe('private, max-age=86400, immutable');
});

it('a version of which only the name is on record may change', async () => {
  const harness = await anApi();
  await harness.storage.registry.register(
    { project: 'examples', name: 'iris' },
    '1.0.0',
    'h',
    false,
  );
  const { headers } = await harness.request('GET', PATHS.at(-1) ?? '');
  expect(headers.get('cache-control')).toBe('private, no-cache');
});

it('a run with a link to its result may not be stored', async () => {
  const harness = await aHarness();
  const result = { format: 'file' as const, key: 'p/x/data/r', size: 3, hash: 'h' };
  await commit(harness, harness.run, {}, { result });
  const { headers } = await harness.request('GET', `/v1/runs/${harness.run}`);
  expect([headers.get('cache-control'), headers.get('etag')]).toEqual(['no-store', null]);
});

it.each([
  ['POST', '/v1/runs/RUN/abort'],
  ['GET', '/v1/runs/RUN/artifacts'],
  ['GET', '/v1/runs?limit=0'],
  ['GET', '/v1/runs/RUN/steps/7'],
])('%s %s is answered with a response that no cache stores', async (method, path) => {
  const harness = await aHarness();
  const headers = { 'if-none-match': '*' };
  const response = await harness.request(
    method,
    path.replace('RUN', harness.run),
    undefined,
    headers,
  );
  expect(response.status).not.toBe(304);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('etag')).toBeNull();
});

it('a document whose state the caller has is not read', async () => {
  const read = vi.fn(() => ({ large: true }));
  const app = new Hono();
  app.use(cachePolicy);
  app.onError((error) => {
    if (error instanceof NotModified) return error.response();
    throw error;
  });
  app.get('/graph', (c) => {
    revalidatedAs(c, '1.0.0', Number(c.req.query('revision')));
    return c.json(read());
  });
  const first = await app.request('/graph?revision=1');
  const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
  expect(read).toHaveBeenCalledTimes(1);
  const again = await app.request('/graph?revision=1', { headers });
  expect([again.status, again.headers.get('etag')]).toEqual([304, headers['if-none-match']]);
  expect(again.headers.get('cache-control')).toBe('private, no-cache');
  expect(again.headers.get('vary')).toBe('Authorization');
  expect(read).toHaveBeenCalledTimes(1);
  expect((await app.request('/graph?revision=2', { headers })).status).toBe(200);
});

it('an error of a route that permits storage may not be stored', async () => {
  const app = new Hono();
  app.use(cachePolicy);
  app.onError(() => new Response('failed', { status: 500 }));
  app.get('/fails', (c) => {
    immutable(c);
    throw new Error('failed');
  });
  app.get('/missing', (c) => {
    revalidated(c);
    return c.json({}, 404);
  });
  for (const path of ['/fails', '/missing']) {
    const { headers } = await app.request(path, { headers: { 'if-none-match': '*' } });
    expect([headers.get('cache-control'), headers.get('etag')]).toEqual(['no-store', null]);
  }
});
