/**
 * Cursors that the API did not issue: a position that no list can have is refused, so that no port
 * receives it. DynamoDB, for example, rejects keys of more than 1,024 bytes.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { anApi, registered } from './harness.ts';

const forged = (...parts: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

const LONG = 'x'.repeat(1200);
const HUGE = Number.MAX_SAFE_INTEGER;
const MODEL = { before: null, after: null, steps: null, skip: 0 };
const NO_FILTERS = '[null,null,null]';
const VERSIONS = '/v1/versions?project=examples&pipeline=iris&';
const IRIS = '["examples","iris"]';

describe('forged cursors', () => {
  it.each<[list: string, what: string, path: string, filters: string, position: unknown]>([
    ['runs', 'a long id', '/v1/runs?', '{}', LONG],
    ['runs', 'no id', '/v1/runs?', '{}', ''],
    ['runs', 'a number', '/v1/runs?', '{}', 7],
    ['models', 'a long id', '/v1/models?', NO_FILTERS, { ...MODEL, before: LONG }],
    ['models', 'a long name', '/v1/models?', NO_FILTERS, { ...MODEL, after: LONG }],
    ['models', 'a huge step', '/v1/models?', NO_FILTERS, { ...MODEL, steps: HUGE }],
    ['models', 'a huge number to skip', '/v1/models?', NO_FILTERS, { ...MODEL, skip: HUGE }],
    ['pipelines', 'a long project', '/v1/pipelines?', 'null', { project: LONG, name: 'x' }],
    ['pipelines', 'a long name', '/v1/pipelines?', 'null', { project: 'x', name: LONG }],
    [
      'pipelines',
      'many bytes',
      '/v1/pipelines?',
      'null',
      { project: '語'.repeat(250), name: '語'.repeat(120) },
    ],
    ['versions', 'a text', VERSIONS, IRIS, 'not a version'],
    ['versions', 'a huge number', VERSIONS, IRIS, '9'.repeat(400)],
  ])('a cursor of %s at %s is refused with 400', async (list, _, path, filters, position) => {
    const harness = await anApi();
    await registered(harness);
    const cursor = forged(list, filters, position);
    expect(cursor.length).toBeLessThanOrEqual(2000);
    const { status, body } = await harness.request('GET', `${path}cursor=${cursor}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ in: 'query', field: 'cursor' }] });
    expect(harness.failures).toEqual([]);
  });

  it('a cursor that is no JSON, deeply nested or too long is refused with 400', async () => {
    const harness = await anApi();
    for (const cursor of [
      'x',
      '%00',
      Buffer.from('[').toString('base64url'),
      Buffer.from('['.repeat(1400)).toString('base64url'),
      Buffer.from(`${'['.repeat(700)}${']'.repeat(700)}`).toString('base64url'),
      'A'.repeat(2001),
    ])
      expect((await harness.request('GET', `/v1/runs?cursor=${cursor}`)).status).toBe(400);
    expect(harness.failures).toEqual([]);
  });
});
