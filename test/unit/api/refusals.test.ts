import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordOf } from '../../../src/model/json.ts';
import { MAX_BODY_BYTES } from '../../../src/model/limits.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import {
  A_RUN,
  type ApiHarness,
  aCode,
  anApi,
  idOf,
  registered,
  sha256,
  uploaded,
} from './harness.ts';

/** The status of a response, and the fields that its problem names. */
async function refusal(
  response: Promise<{ readonly status: number; readonly body: unknown }>,
): Promise<readonly [number, ...string[]]> {
  const { status, body } = await response;
  return [
    status,
    ...(problemSchema.parse(body).errors ?? []).map(
      ({ in: location, field }) => `${location} ${field}`,
    ),
  ];
}

/** Expects that a refused request had no effect. */
async function expectNoEffect({ storage, runRequests, failures }: ApiHarness): Promise<void> {
  expect(await storage.tasks.runs({ limit: 10 })).toEqual([]);
  expect({ runRequests, failures }).toEqual({ runRequests: [], failures: [] });
}

const run = `/v1/runs/${idOf(1)}`;

describe('malformed requests', () => {
  it('a body with an object in the place of a text, whose length has no text, is refused', async () => {
    const harness = await anApi();
    const name = { length: { toString: 1, valueOf: 1 } };
    const { status } = await harness.request('POST', '/v1/runs', { ...A_RUN, pipeline: name });
    expect(status).toBe(400);
    await expectNoEffect(harness);
  });

  it.each([
    ['1e400', 'larger than any number'],
    ['12345678901234567890', 'it would become 12345678901234567000'],
  ])(
    'the number %s, which JSON.parse would change, is refused with its place',
    async (number, reason) => {
      const harness = await anApi();
      await registered(harness);
      const text = JSON.stringify({ ...A_RUN, args: { url: 'x', size: 'SIZE' } });
      const { status, body } = await harness.raw('/v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text.replace('"SIZE"', number),
      });
      expect(status).toBe(400);
      expect(problemSchema.parse(body).errors).toMatchObject([
        { in: 'body', field: 'args.size', detail: expect.stringContaining(reason) },
      ]);
      await expectNoEffect(harness);
    },
  );

  const INVALID: readonly (readonly [
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
    ...['9'.repeat(30), '1.0.20261128123456789', '1.0000000001', '1.2.3.4', '1e3', '-1'].map(
      (version) =>
        [
          'GET',
          `/v1/versions/${version}?project=examples&pipeline=iris`,
          undefined,
          400,
          'path version',
        ] as const,
    ),
    ['POST', '/v1/runs', { ...A_RUN, version: '9'.repeat(30) }, 422, 'body version'],
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

  for (const [method, path, body, status, ...fields] of INVALID) {
    it(`a request is refused with ${status} for ${fields.join(', ')}: ${method} ${path} ${body === undefined ? '' : JSON.stringify(body)}`, async () => {
      const harness = await anApi();
      const [given, ...named] = await refusal(harness.request(method, path, body));
      expect(given).toBe(status);
      expect(named).toEqual(expect.arrayContaining(fields));
      await expectNoEffect(harness);
    });
  }

  it('the key __proto__ is refused and named wherever a request has keys of users', async () => {
    const code = aCode();
    const declaration = { name: 'iris', project: 'examples' };
    const cases: readonly (readonly [path: string, body: object, field: string])[] = [
      ['/v1/runs', { ...A_RUN, args: { KEY: 1 } }, 'body args.__proto__'],
      [
        '/v1/runs',
        { ...A_RUN, args: { url: { a: [{ KEY: 1 }] } } },
        'body args.url.a[0].__proto__',
      ],
      ['/v1/runs', { ...A_RUN, KEY: 1 }, 'body __proto__'],
      [
        '/v1/versions',
        { code, declaration: { ...declaration, argsMap: { KEY: ['url'] } } },
        'body declaration.argsMap.__proto__',
      ],
      [
        '/v1/versions',
        { code, declaration: { ...declaration, secrets: { KEY: 'name' } } },
        'body declaration.secrets.__proto__',
      ],
      [
        '/v1/versions',
        { code: { ...code, logic: { ...code.logic, resolvedImports: { KEY: 'x' } } }, declaration },
        'body code.logic.resolvedImports.__proto__',
      ],
      [
        '/v1/versions',
        {
          code: {
            ...code,
            signature: {
              style: 'positional',
              rest: false,
              parameters: [
                { name: 'a', type: { kind: 'any' }, optional: true, defaultValue: { KEY: 1 } },
              ],
            },
          },
          declaration,
        },
        'body code.signature.parameters[0].defaultValue.__proto__',
      ],
    ];
    for (const [path, body, field] of cases) {
      const harness = await anApi();
      await uploaded(harness, code);
      const text = JSON.stringify(body).replaceAll('"KEY"', '"__proto__"');
      expect(
        await refusal(
          harness.raw(path, {
            method: 'POST',
            body: text,
            headers: { 'content-type': 'application/json' },
          }),
        ),
        text,
      ).toEqual([400, field]);
      await expectNoEffect(harness);
    }
  });

  it('a body that is no JSON, has another type or is too large is refused', async () => {
    const harness = await anApi();
    const post = (body: string, type: string | undefined) =>
      harness.raw('/v1/runs', {
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
    await expectNoEffect(harness);
  });

  it('an invalid idempotency key is refused', async () => {
    const harness = await anApi();
    expect(
      await refusal(harness.request('POST', '/v1/runs', A_RUN, { 'idempotency-key': 'two words' })),
    ).toEqual([400, 'header idempotency-key']);
    await expectNoEffect(harness);
  });
});

describe('requests for missing objects', () => {
  it('a missing object is answered with 404, and an unknown method of a path with 405', async () => {
    const harness = await anApi();
    expect(await refusal(harness.request('GET', '/v2/runs'))).toEqual([404]);
    for (const path of [
      run,
      `${run}/steps`,
      `${run}/steps/0`,
      `${run}/steps/0/logs`,
      `${run}/artifacts`,
      `${run}/metrics`,
    ])
      expect(await refusal(harness.request('GET', path)), path).toEqual([404, 'path run']);
    for (const path of ['abort', 'resume', 'rerun'])
      expect(await refusal(harness.request('POST', `${run}/${path}`)), path).toEqual([
        404,
        'path run',
      ]);
    expect(await refusal(harness.request('DELETE', run))).toEqual([404, 'path run']);
    const response = await harness.request('PUT', '/v1/runs');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    await expectNoEffect(harness);
  });

  it('a path without parameters is not taken for a pattern of another route', async () => {
    const harness = await anApi();
    const { body } = await harness.request('GET', '/openapi.json');
    const { paths } = z.object({ paths: recordOf(z.string(), z.looseObject({})) }).parse(body);
    for (const [path, operations] of Object.entries(paths)) {
      if (path.includes('{')) continue;
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        if (method.toLowerCase() in operations) continue;
        const { status } = await harness.request(method, path);
        expect(status, `${method} ${path}`).toBe(405);
      }
    }
    await expectNoEffect(harness);
  });
});

describe('runs that cannot be created', () => {
  const INVALID: readonly (readonly [body: object, field: string])[] = [
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
  for (const [body, field] of INVALID) {
    it(`a run is refused for ${field}: ${JSON.stringify(body)}`, async () => {
      const harness = await anApi();
      await registered(harness);
      expect(
        await refusal(harness.request('POST', '/v1/runs', body, { 'idempotency-key': 'key' })),
      ).toEqual([422, `body ${field}`]);
      await expectNoEffect(harness);
      // The refused request did not use up the key.
      expect(
        (await harness.request('POST', '/v1/runs', A_RUN, { 'idempotency-key': 'key' })).status,
      ).toBe(201);
    });
  }

  it('a run is refused if only the name and hash of its version are registered', async () => {
    const harness = await anApi();
    await harness.storage.registry.register(
      { project: 'examples', name: 'iris' },
      '1.0.0',
      'hash',
      true,
    );
    expect(await refusal(harness.request('POST', '/v1/runs', A_RUN))).toEqual([
      422,
      'body version',
    ]);
  });
});

describe('versions that cannot be registered', () => {
  const declaration = { name: 'iris', project: 'examples' };

  it('a version without uploaded code is refused, and each missing part is named', async () => {
    const harness = await anApi();
    const code = aCode();
    const fields = ['body code.logic.key', 'body code.components[0].bundle.key'];
    expect(await refusal(harness.request('POST', '/v1/versions', { code, declaration }))).toEqual([
      422,
      ...fields,
    ]);
    expect(await harness.storage.registry.pipelines({ limit: 10 })).toEqual([]);
  });

  it('a version with another object’s key or another code’s hash is refused', async () => {
    const harness = await anApi();
    const code = await uploaded(harness, aCode());
    const forged = { ...code, logic: { ...code.logic, key: 'p/other/data/secret' } };
    expect(
      await refusal(harness.request('POST', '/v1/versions', { code: forged, declaration })),
    ).toEqual([422, 'body code.logic.key']);
    const other = { ...code, hash: sha256('other') };
    expect(
      await refusal(harness.request('POST', '/v1/versions', { code: other, declaration })),
    ).toEqual([422, 'body code.hash']);
  });

  it('a version with an unknown queue, or with a problem that the executor reports, is refused', async () => {
    const harness = await anApi({
      versionProblems: () => [
        { in: 'body', field: 'components[0].dockerArgs', detail: 'not --network' },
      ],
    });
    const code = await uploaded(harness, aCode());
    const component = { id: 'a.ts#one', name: 'one', returnValues: ['x'], executionQueue: 'gpu' };
    const response = harness.request('POST', '/v1/versions', {
      code,
      declaration: { ...declaration, defaultQueue: 'cpu' },
      components: [component],
    });
    expect(await refusal(response)).toEqual([
      422,
      'body declaration.defaultQueue',
      'body components[0].executionQueue',
      'body components[0].dockerArgs',
    ]);
  });

  it('other code for a version that may not be raised is refused with 409', async () => {
    const harness = await anApi();
    await registered(harness);
    const code = await uploaded(harness, aCode('other'));
    const response = harness.request('POST', '/v1/versions', {
      code,
      declaration: { ...declaration, autoVersionBump: false },
    });
    expect(await refusal(response)).toEqual([409]);
  });
});

describe('internal errors', () => {
  it('an internal error is answered with 500 and reported, and its details stay private', async () => {
    const harness = await anApi({
      logs: {
        read: async () => Promise.reject(new Error('secret inside')),
        pagesPerSearch: 1,
        callsPerRunLog: 9,
      },
    });
    harness.storage.tasks.run = () => Promise.reject(new Error('secret inside'));
    const { status, body } = await harness.request('GET', run);
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(harness.failures).toEqual([new Error('secret inside')]);
  });
});
