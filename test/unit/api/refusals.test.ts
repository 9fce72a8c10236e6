import { describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES } from '../../../src/api/app.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import {
  A_RUN,
  type ApiBench,
  aCode,
  anApi,
  idOf,
  registered,
  sha256,
  uploaded,
} from './harness.ts';

/** The status, and the fields that the problem names. */
async function refusal(
  answer: Promise<{ readonly status: number; readonly body: unknown }>,
): Promise<readonly [number, ...string[]]> {
  const { status, body } = await answer;
  return [
    status,
    ...(problemSchema.parse(body).errors ?? []).map(({ in: place, field }) => `${place} ${field}`),
  ];
}

/** Nothing of a refused request is on record. */
async function expectNothing({ storage, asked, failures }: ApiBench): Promise<void> {
  expect(await storage.tasks.runs({ limit: 10 })).toEqual([]);
  expect({ asked, failures }).toEqual({ asked: [], failures: [] });
}

const run = `/v1/runs/${idOf(1)}`;

describe('a request that is malformed', () => {
  const WRONG: readonly (readonly [
    method: string,
    path: string,
    body: unknown,
    status: number,
    ...fields: string[],
  ])[] = [
    ['GET', '/v1/runs?limit=0', undefined, 400, 'query limit'],
    ['GET', '/v1/runs?limit=201', undefined, 400, 'query limit'],
    ['GET', '/v1/runs?limit=1e1', undefined, 400, 'query limit'],
    ['GET', '/v1/runs?limit=', undefined, 400, 'query limit'],
    ['GET', '/v1/runs?limit=1&limit=2', undefined, 400, 'query limit'],
    ['GET', '/v1/runs?statu=failed', undefined, 400, 'query statu'],
    ['GET', '/v1/runs?status=broken', undefined, 400, 'query status'],
    ['GET', '/v1/runs?cursor=what', undefined, 400, 'query cursor'],
    ['GET', '/v1/runs?id=UPPER', undefined, 400, 'query id'],
    ['GET', '/v1/runs/short', undefined, 400, 'path run'],
    ['GET', `${run}/steps/-1`, undefined, 400, 'path call'],
    ['GET', `${run}/steps/0x10`, undefined, 400, 'path call'],
    ['GET', `${run}/steps/1?include=all`, undefined, 400, 'query include'],
    ['GET', '/v1/versions?project=examples', undefined, 400, 'query pipeline'],
    ['GET', '/v1/versions/one?project=examples&pipeline=iris', undefined, 400, 'path version'],
    ['DELETE', '/v1/cache', undefined, 400, 'query all'],
    ['POST', '/v1/runs', {}, 400, 'body pipeline'],
    ['POST', '/v1/runs', [], 400, 'body '],
    [
      'POST',
      '/v1/runs',
      { ...A_RUN, pipeline: 3, arguments: {} },
      400,
      'body pipeline',
      'body arguments',
    ],
    ['POST', '/v1/runs', { ...A_RUN, tags: ['ok', ''] }, 400, 'body tags[1]'],
    ['POST', '/v1/runs', { ...A_RUN, noCache: 'yes' }, 400, 'body noCache'],
    ['POST', '/v1/uploads', { code: [] }, 400, 'body code'],
    [
      'POST',
      '/v1/uploads',
      { code: [{ hash: 'abc', type: 'ts', size: -1 }] },
      400,
      'body code[0].hash',
      'body code[0].type',
      'body code[0].size',
    ],
    ['POST', '/v1/versions', { code: {}, declaration: { name: '' } }, 400, 'body code.hash'],
    ['POST', `${run}/abort`, { reason: '' }, 400, 'body reason'],
    ['POST', `${run}/rerun`, { from: 3 }, 400, 'body from'],
    ['PATCH', `${run}/tags`, { add: 'tag' }, 400, 'body add'],
    ['PATCH', `${run}/tags`, {}, 400, 'body add'],
    ['PATCH', `${run}/tags`, undefined, 400, 'body add'],
  ];

  for (const [method, path, body, status, ...fields] of WRONG) {
    it(`is refused with ${status} for ${fields.join(', ')}: ${method} ${path} ${body === undefined ? '' : JSON.stringify(body)}`, async () => {
      const bench = await anApi();
      const [given, ...named] = await refusal(bench.request(method, path, body));
      expect(given).toBe(status);
      expect(named).toEqual(expect.arrayContaining(fields));
      await expectNothing(bench);
    });
  }

  it('is refused if its body is no JSON, of another type, or too large', async () => {
    const bench = await anApi();
    const post = (body: string, type: string | undefined) =>
      bench.raw('/v1/runs', {
        method: 'POST',
        body,
        headers: type === undefined ? {} : { 'content-type': type },
      });
    expect(await refusal(post('{', 'application/json'))).toEqual([400, 'body ']);
    expect(await refusal(post('{}', 'text/plain'))).toEqual([415, 'header Content-Type']);
    expect(
      await refusal(
        post(
          JSON.stringify({ ...A_RUN, args: { url: 'x'.repeat(MAX_BODY_BYTES) } }),
          'application/json',
        ),
      ),
    ).toEqual([413]);
    const deep = `{"pipeline":"iris","args":{"url":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
    expect((await refusal(post(deep, 'application/json')))[0]).toBe(400);
    await expectNothing(bench);
  });

  it('is refused for a key that is none', async () => {
    const bench = await anApi();
    expect(
      await refusal(bench.request('POST', '/v1/runs', A_RUN, { 'idempotency-key': 'two words' })),
    ).toEqual([400, 'header idempotency-key']);
    await expectNothing(bench);
  });
});

describe('a request for what there is not', () => {
  it('is answered with 404, and 405 where the path has other methods', async () => {
    const bench = await anApi();
    expect(await refusal(bench.request('GET', '/v2/runs'))).toEqual([404]);
    for (const path of [
      run,
      `${run}/steps`,
      `${run}/steps/0`,
      `${run}/steps/0/logs`,
      `${run}/artifacts`,
      `${run}/metrics`,
    ])
      expect(await refusal(bench.request('GET', path)), path).toEqual([404, 'path run']);
    for (const path of ['abort', 'resume', 'rerun'])
      expect(await refusal(bench.request('POST', `${run}/${path}`)), path).toEqual([
        404,
        'path run',
      ]);
    expect(await refusal(bench.request('DELETE', run))).toEqual([404, 'path run']);
    const answer = await bench.request('PUT', '/v1/runs');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    await expectNothing(bench);
  });
});

describe('a run that cannot be', () => {
  const WRONG: readonly (readonly [body: object, field: string])[] = [
    [{ ...A_RUN, args: {} }, 'args.url'],
    [{ ...A_RUN, args: { url: 1 } }, 'args.url'],
    [{ ...A_RUN, args: { url: 'u', size: 'big' } }, 'args.size'],
    [{ ...A_RUN, args: { url: 'u', sise: 1 } }, 'args.sise'],
    [{ ...A_RUN, pipeline: 'rose' }, 'pipeline'],
    [{ ...A_RUN, project: 'other' }, 'pipeline'],
    [{ ...A_RUN, version: '2' }, 'version'],
    [{ ...A_RUN, version: 'two' }, 'version'],
    [{ ...A_RUN, defaultQueue: 'gpu' }, 'defaultQueue'],
  ];
  for (const [body, field] of WRONG) {
    it(`is refused for ${field}: ${JSON.stringify(body)}`, async () => {
      const bench = await anApi();
      await registered(bench);
      expect(
        await refusal(bench.request('POST', '/v1/runs', body, { 'idempotency-key': 'key' })),
      ).toEqual([422, `body ${field}`]);
      await expectNothing(bench);
      // Nor did it take the key.
      expect(
        (await bench.request('POST', '/v1/runs', A_RUN, { 'idempotency-key': 'key' })).status,
      ).toBe(201);
    });
  }

  it('is refused of a version of which only the name is known', async () => {
    const bench = await anApi();
    await bench.storage.registry.register(
      { project: 'examples', name: 'iris' },
      '1.0.0',
      'hash',
      true,
    );
    expect(await refusal(bench.request('POST', '/v1/runs', A_RUN))).toEqual([422, 'body version']);
  });
});

describe('a version that cannot be', () => {
  const declaration = { name: 'iris', project: 'examples' };

  it('is refused if its code is not uploaded, with each part that is missing', async () => {
    const bench = await anApi();
    const code = aCode();
    const fields = ['body code.logic.key', 'body code.components[0].bundle.key'];
    expect(await refusal(bench.request('POST', '/v1/versions', { code, declaration }))).toEqual([
      422,
      ...fields,
    ]);
    expect(await bench.storage.registry.pipelines({ limit: 10 })).toEqual([]);
  });

  it('is refused if a key is that of something else, or the hash is not of this code', async () => {
    const bench = await anApi();
    const code = await uploaded(bench, aCode());
    const forged = { ...code, logic: { ...code.logic, key: 'p/other/data/secret' } };
    expect(
      await refusal(bench.request('POST', '/v1/versions', { code: forged, declaration })),
    ).toEqual([422, 'body code.logic.key']);
    const other = { ...code, hash: sha256('other') };
    expect(
      await refusal(bench.request('POST', '/v1/versions', { code: other, declaration })),
    ).toEqual([422, 'body code.hash']);
  });

  it('is refused for a queue that there is not, and for what its executor minds', async () => {
    const bench = await anApi({
      versionProblems: () => [
        { in: 'body', field: 'components[0].dockerArgs', detail: 'not --network' },
      ],
    });
    const code = await uploaded(bench, aCode());
    const component = { id: 'a.ts#one', name: 'one', returnValues: ['x'], executionQueue: 'gpu' };
    const answer = bench.request('POST', '/v1/versions', {
      code,
      declaration: { ...declaration, defaultQueue: 'cpu' },
      components: [component],
    });
    expect(await refusal(answer)).toEqual([
      422,
      'body declaration.defaultQueue',
      'body components[0].executionQueue',
      'body components[0].dockerArgs',
    ]);
  });

  it('is refused with 409 if the version has other code and may not be raised', async () => {
    const bench = await anApi();
    await registered(bench);
    const code = await uploaded(bench, aCode('other'));
    const answer = bench.request('POST', '/v1/versions', {
      code,
      declaration: { ...declaration, autoVersionBump: false },
    });
    expect(await refusal(answer)).toEqual([409]);
  });
});

describe('an error that is nobody’s fault but ours', () => {
  it('is answered with 500, told, and says nothing of its inside', async () => {
    const bench = await anApi({
      logs: { read: async () => Promise.reject(new Error('secret inside')) },
    });
    bench.storage.tasks.run = () => Promise.reject(new Error('secret inside'));
    const { status, body } = await bench.request('GET', run);
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(bench.failures).toEqual([new Error('secret inside')]);
  });
});
