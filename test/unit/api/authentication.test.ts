/**
 * The caller of every route is authenticated before the body is read. The routes are those of the
 * application, so that a new route is tested without a change here.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import { handle } from 'hono/aws-lambda';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ApiOptions } from '../../../src/api/app.ts';
import { ProblemError } from '../../../src/api/problems.ts';
import { createHttpServer } from '../../../src/cli/dev/http-server.ts';
import { createTokenCheck } from '../../../src/cli/dev/token-check.ts';
import { createFileLinks } from '../../../src/local/file-links.ts';
import { type ApiHarness, anApi, evaluatorOf, idOf } from './harness.ts';

const SAMPLES: Readonly<Record<string, string>> = { run: idOf(1), call: '0', version: '1.0.0' };
const TOKEN = 'the-token';
const DEV: ApiOptions = { authorize: createTokenCheck(TOKEN) };

type Route = readonly [method: string, path: string];

/** All routes of the application; of each path, also the methods that it does not have. */
const routesOf = ({ api }: ApiHarness): readonly Route[] => {
  const paths = new Set(
    api.routes
      .filter(({ path }) => !path.includes('*'))
      .map(({ path }) => path.replace(/:(\w+)/g, (_, name: string) => SAMPLES[name] ?? name)),
  );
  return [...paths, '/no-route', '/evaluations', '/evaluations/v1', '/evaluations/v1/x/answers']
    .flatMap((path) =>
      ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [method, path] as const),
    )
    .filter(([method, path]) => method !== 'GET' || path !== '/openapi.json');
};

const harness = await anApi({}, DEV);
const ROUTES = routesOf(harness);

/** A body of which nothing arrives after the first bytes. */
const endlessBody = (): ReadableStream<Uint8Array> =>
  new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{"a":[')) });

const endlessRequest = (method: string, path: string, headers: Record<string, string> = {}) =>
  new Request(`http://127.0.0.1${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'GET' ? {} : { body: endlessBody(), duplex: 'half' }),
  } as RequestInit);

describe('the authentication of callers', () => {
  it('the routes under test are those of the OpenAPI document, and more', async () => {
    const response = await harness.api.request('/openapi.json');
    expect(response.status).toBe(200);
    const { paths } = (await response.json()) as { readonly paths: object };
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(
        (method) =>
          `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, (_, name: string) => SAMPLES[name] ?? name)}`,
      ),
    );
    expect(documented.length).toBeGreaterThan(25);
    expect(ROUTES.map((route) => route.join(' '))).toEqual(expect.arrayContaining(documented));
  });

  it.each(ROUTES)(
    '%s %s without a token is answered with 401 while its body is incomplete',
    async (method, path) => {
      const response = await harness.api.fetch(endlessRequest(method, path));
      expect(response.status).toBe(401);
      expect(response.headers.get('cache-control')).toBe('no-store');
    },
  );

  it.each(ROUTES.filter(([, path]) => path.startsWith('/evaluations')))(
    '%s %s requires the token of the run behind API Gateway, and no other',
    async (method, path) => {
      const open = await anApi({}, { onlyRoutes: 'evaluations' });
      for (const headers of [{}, evaluatorOf(2), { authorization: `Bearer ${TOKEN}` }])
        expect((await open.api.fetch(endlessRequest(method, path, headers))).status).toBe(401);
    },
  );

  it('the open application behind API Gateway has no other route, and reads no body to find out', async () => {
    const open = await anApi({}, { onlyRoutes: 'evaluations' });
    for (const [method, path] of ROUTES.filter(([, each]) => !each.startsWith('/evaluations')))
      expect((await open.api.fetch(endlessRequest(method, path))).status, path).toBe(404);
  });

  it('the body of a caller without a token is not parsed: its size, type and form do not matter', async () => {
    const open = await anApi({}, { onlyRoutes: 'evaluations' });
    const lambda = handle(open.api);
    for (const [contentType, body] of [
      ['application/json', '{'],
      ['text/plain', 'text'],
      ['application/json', 'x'.repeat(5_000_000)],
    ] as const) {
      const response = await lambda({
        resource: '/evaluations/{proxy+}',
        path: `/evaluations/v1/${idOf(1)}/answers`,
        httpMethod: 'POST',
        headers: { 'content-type': contentType, host: 'api.example' },
        body,
        isBase64Encoded: false,
        requestContext: {},
      } as never);
      expect(response).toMatchObject({ statusCode: 401 });
    }
  });

  it('a caller with the token gets the problem of the body', async () => {
    const path = `/evaluations/v1/${idOf(1)}/answers`;
    const send = async (type: string, body: string): Promise<number> =>
      (
        await harness.api.request(path, {
          method: 'POST',
          headers: { ...evaluatorOf(1), 'content-type': type },
          body,
        })
      ).status;
    expect(await send('application/json', '{')).toBe(400);
    expect(await send('text/plain', '{}')).toBe(415);
    expect(await send('application/json', 'x'.repeat(5_000_000))).toBe(413);
  });

  it('a port that throws after authentication is not hidden by it', async () => {
    const failing = await anApi(
      {},
      {
        authorize: () => {
          throw new ProblemError(403, 'not you');
        },
      },
    );
    expect((await failing.api.fetch(endlessRequest('POST', '/v1/runs'))).status).toBe(403);
  });
});

describe('the HTTP server of headrace dev', () => {
  const serve = async () => {
    const { storage, api } = await anApi({}, DEV);
    const links = createFileLinks({
      objects: storage.objects,
      secret: Buffer.from('secret'),
      clock: { now: () => 1_000 },
      baseUrl: () => 'http://127.0.0.1',
    });
    const server = createHttpServer({
      api,
      links,
      origins: new AsyncLocalStorage(),
      host: '127.0.0.1',
      allowedHosts: [],
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return { port, links };
  };

  /** The status of the response to a request whose body never ends; sent as bytes. */
  const statusOf = (port: number, method: string, path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"a":[\r\n`,
        ),
      );
      socket.once('error', reject);
      socket.once('data', (bytes) => {
        socket.destroy();
        resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(bytes.toString())?.[1]));
      });
    });

  it('every route refuses a caller without a token while its body is still arriving', async () => {
    const { port } = await serve();
    for (const [method, path] of ROUTES)
      expect({ method, path, status: await statusOf(port, method, path) }).toEqual({
        method,
        path,
        status: 401,
      });
  });

  it('an upload link with a wrong signature is refused before its content is read', async () => {
    const { port, links } = await serve();
    const { url } = await links.write('code/1', { hash: 'a'.repeat(64), size: 10 });
    const { pathname, search } = new URL(url);
    for (const target of [
      `${pathname}${search.replace('signature=', 'signature=x')}`,
      `${pathname}${search.replace('size=10', 'size=99')}`,
      pathname,
    ])
      expect(await statusOf(port, 'PUT', target), target).toBe(403);
  });
});
