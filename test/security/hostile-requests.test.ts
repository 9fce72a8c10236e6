/**
 * A caller with a token who sends documents and links that no client of Headrace makes.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../src/wire/service.ts';
import { attackedServer } from './attacked-server.ts';

const SOURCE = `
import { component, pipeline } from 'headrace';
export const square = component({}, (n: number) => n * n);
export const large = component({ returnValues: ['large'] }, () => 'x'.repeat(20_000));
export const main = pipeline({ name: 'main', project: 'tests' }, async (n: number = 1, options: object = {}) => {
  const { length } = await large();
  return [await square(n), length, options, Object.keys(options), ({} as any).polluted ?? null];
});
`;

const server = attackedServer(SOURCE);

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function post(
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { endpoint, token } = server();
  const response = await fetch(`${endpoint}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...headers,
    },
    body,
  });
  return { status: response.status, text: await response.text() };
}

const get = async (path: string): Promise<Answer> => {
  const { endpoint, token } = server();
  const response = await fetch(`${endpoint}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, text: await response.text() };
};

const expectProblem = ({ status, text }: Answer, ...statuses: readonly number[]): void => {
  expect(statuses, text.slice(0, 500)).toContain(status);
  expect(problemSchema.parse(JSON.parse(text)).status).toBe(status);
};

const expectAlive = async (): Promise<void> => expect((await get('/v1')).status).toBe(200);

let registered: Promise<unknown> | undefined;
/** Registers the pipeline by a first run, as a user does. */
const register = (): Promise<unknown> => {
  registered ??= server()
    .cli('run', 'main.ts', '--json')
    .then(({ code, stderr }) => expect({ code, stderr }).toEqual({ code: 0, stderr: '' }));
  return registered;
};

describe('hostile documents', () => {
  const nested = (depth: number, open: string, close: string): string =>
    open.repeat(depth) + close.repeat(depth);

  test.each([
    ['a million arrays', () => nested(1_000_000, '[', ']')],
    ['two million arrays that do not end', () => '['.repeat(2_000_000)],
    ['400,000 objects', () => `${'{"a":'.repeat(400_000)}1${'}'.repeat(400_000)}`],
  ])('%s inside each other are refused', async (_what, body) => {
    expectProblem(await post('/v1/runs', body()), 400, 422);
    await expectAlive();
  });

  test.each([1_000, 100_000])(
    'an argument of %i arrays inside each other is refused, or handled as any value',
    async (depth) => {
      await register();
      const { status, text } = await post(
        '/v1/runs',
        `{"project":"tests","pipeline":"main","args":{"n":2,"options":{"a":${nested(depth, '[', ']')}}}}`,
      );
      expect([201, 400, 422], text.slice(0, 500)).toContain(status);
      await expectAlive();
    },
  );

  test('200,000 keys are refused', async () => {
    await register();
    const keys = Array.from({ length: 200_000 }, (_, n) => `"k${n}":0`).join();
    expectProblem(await post('/v1/runs', `{${keys}}`), 400);
    expectProblem(
      await post('/v1/runs', `{"project":"tests","pipeline":"main","args":{${keys}}}`),
      400,
      422,
    );
    await expectAlive();
  });

  test.each(['__proto__', 'constructor', 'prototype'])(
    'a key %s changes no object of the server or the logic',
    async (key) => {
      await register();
      const { client } = server();
      const hostile = `{"${key}":{"polluted":"yes","project":"other"}}`;
      expectProblem(await post('/v1/runs', hostile), 400);
      expectProblem(
        await post('/v1/runs', `{"project":"tests","pipeline":"main","args":${hostile}}`),
        400,
        422,
      );
      const inside = await post(
        '/v1/runs',
        `{"project":"tests","pipeline":"main","args":{"n":3,"options":${hostile}}}`,
      );
      if (inside.status === 201) {
        const { id } = z.object({ id: z.string() }).parse(JSON.parse(inside.text));
        await expect
          .poll(async () => (await client.run(id)).status, { timeout: 30_000 })
          .toBe('completed');
        const { result } = await client.run(id);
        expect(JSON.stringify(result)).toContain('[9,20000,');
        expect(JSON.stringify(result)).toMatch(/,null\]/);
      } else expectProblem(inside, 400, 422);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );

  test('a body that is no JSON, or declares another type, is refused', async () => {
    for (const body of ['', '\0', 'NaN', '{"a":1', '[]', 'null', '"text"', '\ufeff{}'])
      expectProblem(await post('/v1/runs', body), 400);
    for (const type of ['text/plain', 'application/xml', 'application/json-patch+json', ''])
      expectProblem(await post('/v1/runs', '{}', { 'content-type': type }), 400, 415);
  });
});

describe('hostile paths and queries', () => {
  test('a cursor that the caller made is refused', async () => {
    await register();
    const of = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const cursor of [
      'x',
      '%00',
      of(null),
      of({ length: 3 }),
      of(['runs']),
      of(['steps', 'null', 'a']),
      of(['runs', '{"project":"other"}', 'a']),
      of(['runs', 'null', { toString: 1 }]),
      of(['runs', 'null', ['a']]),
      of(['__proto__', 'null', 'a']),
      'A'.repeat(5_000),
    ])
      for (const path of ['/v1/runs', '/v1/pipelines', '/v1/models'])
        expectProblem(await get(`${path}?limit=1&cursor=${cursor}`), 400);
  });

  const RUN = 'a'.repeat(26);

  test.each([
    ['a run of points', `/v1/runs/${'.'.repeat(26)}`],
    ['a run that is a path', '/v1/runs/..%2f..%2fetc%2fpasswd'],
    ['a run with SQL', "/v1/runs/'%20or%201=1--"],
    ['a run with a zero byte', `/v1/runs/${RUN}%00`],
    ['a run of 10,000 characters', `/v1/runs/${'a'.repeat(10_000)}`],
    ['a negative call', `/v1/runs/${RUN}/steps/-1`],
    ['a call above the safe integers', `/v1/runs/${RUN}/steps/9007199254740993`],
    ['a negative position of a log', `/v1/runs/${RUN}/steps/0/log?cursor=-1`],
    ['an attempt with an exponent', `/v1/runs/${RUN}/steps/0/log?attempt=1e3`],
    ['an empty page', '/v1/runs?limit=0'],
    ['an endless page', '/v1/runs?limit=999999999999'],
    ['two limits', '/v1/runs?limit=1&limit=2'],
    ['a parameter with brackets', '/v1/runs?project[]=a'],
    ['a prefix with a wildcard', '/v1/runs?id=%25'],
    ['a project that is a path', "/v1/versions/1.0.0?project=..%2f..&pipeline='"],
    ['the route constructor', '/v1/constructor'],
    ['the route __proto__', '/v1/__proto__'],
  ])('%s is answered with a problem that shows nothing internal', async (_what, path) => {
    const answer = await get(path);
    expectProblem(answer, 400, 404);
    expect(answer.text).not.toMatch(/SQLITE|at .*\.js:|root:/);
  });
});

describe('hostile links', () => {
  const bytes = Buffer.from('content of a bundle');
  const hash = createHash('sha256').update(bytes).digest('hex');

  /** A link for an upload, and one for a download of a run's result. */
  async function links(): Promise<{ readonly upload: URL; readonly download: URL }> {
    await register();
    const { client } = server();
    const { items: uploads } = await client.createUploads({
      code: [{ hash, type: 'mjs', size: bytes.length }],
    });
    const [run] = (await client.runs({ limit: 1 })).items;
    const artifacts = await Promise.all(
      [0, 1].map(async (call) => (await client.stepArtifacts(run?.id ?? '', call)).items),
    );
    const content = artifacts.flat().find(({ name }) => name === 'large')?.content;
    const link = uploads[0]?.upload;
    if (link === undefined || link === null || content === undefined || !('link' in content))
      throw new Error('there is no link');
    return { upload: new URL(link.url), download: new URL(content.link.url) };
  }

  const statusOf = async (
    url: URL,
    method: string,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<number> =>
    (await fetch(url, { method, ...(body === undefined ? {} : { body }) })).status;

  const changed = (url: URL, change: (copy: URL) => void): URL => {
    const copy = new URL(url);
    change(copy);
    return copy;
  };

  test('a link gives no other method, object, name, restriction or time', async () => {
    const { upload, download } = await links();
    expect(await statusOf(download, 'GET')).toBe(200);
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH', 'HEAD'])
      expect(await statusOf(download, method), method).toBe(403);
    expect(await statusOf(upload, 'GET')).toBe(403);
    const later = String(Date.now() + 10 ** 9);
    for (const url of [
      changed(download, (copy) => {
        copy.pathname = upload.pathname;
      }),
      changed(download, (copy) => {
        copy.pathname += '/../../headrace.db';
      }),
      changed(download, (copy) => {
        copy.pathname = copy.pathname.replace('/objects/', '/objects//');
      }),
      changed(download, (copy) => copy.searchParams.set('filename', 'other.exe')),
      changed(download, (copy) => copy.searchParams.set('expires', later)),
      changed(download, (copy) => copy.searchParams.set('expires', 'Infinity')),
      changed(download, (copy) => copy.searchParams.set('hash', hash)),
      changed(download, (copy) => copy.searchParams.delete('signature')),
      changed(download, (copy) => copy.searchParams.set('signature', '')),
      changed(download, (copy) => {
        copy.search = upload.search;
      }),
    ])
      expect(await statusOf(url, 'GET'), url.href).toBe(403);
    for (const url of [
      changed(upload, (copy) => {
        copy.pathname = download.pathname;
      }),
      changed(upload, (copy) => copy.searchParams.set('hash', 'a'.repeat(64))),
      changed(upload, (copy) => copy.searchParams.set('size', '999999999')),
      changed(upload, (copy) => {
        copy.search = download.search;
      }),
    ])
      expect(await statusOf(url, 'PUT', bytes), url.href).toBe(403);
  });

  test('an upload link accepts its own content, and no other', async () => {
    const { upload } = await links();
    expect(await statusOf(upload, 'PUT', Buffer.from('CONTENT of a bundle'))).toBe(400);
    expect(await statusOf(upload, 'PUT', Buffer.from(''))).toBe(400);
    expect(await statusOf(upload, 'PUT', Buffer.alloc(5_000_000))).toBe(413);
    expect(await statusOf(upload, 'PUT', bytes)).toBe(200);
  });
});

describe('repeated creates', () => {
  test('60 equal requests at once create one run; after its removal none is created again', async () => {
    await register();
    const { client } = server();
    const body = { project: 'tests', pipeline: 'main', args: { n: 7 } };
    const idempotencyKey = 'the-same';
    const created = await Promise.all(
      Array.from({ length: 60 }, () => client.createRun(body, { idempotencyKey })),
    );
    expect(new Set(created.map(({ id }) => id)).size).toBe(1);
    const id = created[0]?.id ?? '';
    const repeated = (args: string) =>
      post('/v1/runs', `{"project":"tests","pipeline":"main","args":${args}}`, {
        'idempotency-key': idempotencyKey,
      });
    expectProblem(await repeated('{"n":8}'), 422);
    await expect
      .poll(async () => (await client.run(id)).status, { timeout: 30_000 })
      .toBe('completed');
    await client.removeRun(id);
    expectProblem(await repeated('{"n":7}'), 410);
    expectProblem(await get(`/v1/runs/${id}`), 404);
  });
});
