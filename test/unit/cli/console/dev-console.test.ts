/**
 * The console of `headrace dev` over HTTP: its page, its sessions, and the API behind them.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { request as httpRequest } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDevConsole } from '../../../../src/cli/dev/dev-console.ts';
import { createHttpServer } from '../../../../src/cli/dev/http-server.ts';
import { createTokenCheck } from '../../../../src/cli/dev/token-check.ts';
import { CONSOLE_PROBLEMS, sessionSchema } from '../../../../src/wire/console.ts';
import { problemSchema } from '../../../../src/wire/service.ts';
import { anApi } from '../../api/harness.ts';
import { aConsoleFolder } from '../../console-server/console-folder.ts';

async function serve({ hasConsole = true } = {}) {
  const origins = new AsyncLocalStorage<string>();
  const checkToken = createTokenCheck('home');
  const console = hasConsole
    ? createDevConsole({
        clock: { now: () => 0 },
        hintTarget: [],
        checkToken,
        origin: () => origins.getStore() ?? '',
        folder: aConsoleFolder(),
      })
    : undefined;
  const { api } = await anApi({}, { authorize: console?.authorize ?? checkToken });
  const server = createHttpServer({
    api,
    links: { handle: async () => new Response('a link') },
    origins,
    console: console?.app,
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
  return { port, console, send: sender(port) };
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request with any headers, those that `fetch` reserves included. */
const sender =
  (port: number) =>
  (path: string, { method = 'GET', headers = {}, body }: Sent = {}) =>
    new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
      (resolve, reject) => {
        const outgoing = httpRequest({ port, path, method, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk) => {
            text += chunk;
          });
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
        });
        outgoing.once('error', reject).end(body);
      },
    );

async function signedIn() {
  const served = await serve();
  const { body } = await served.send('/console/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: served.console?.newCode() }),
  });
  return { ...served, token: sessionSchema.parse(JSON.parse(body)).token };
}

describe('the console of headrace dev', () => {
  it('a page with a session reads the API, and its data are no page', async () => {
    const { send, token } = await signedIn();
    const { status, headers } = await send('/v1/runs', {
      headers: { authorization: `Bearer ${token}`, 'sec-fetch-site': 'same-origin' },
    });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'cache-control': 'private, no-cache',
      'content-security-policy': expect.stringContaining('sandbox'),
      'x-content-type-options': 'nosniff',
    });
  });

  it('the page and its assets need no session, and the API needs one', async () => {
    const { send } = await serve();
    expect((await send('/console/runs')).status).toBe(200);
    expect((await send('/console/assets/index-a1.js')).headers['cache-control']).toBe(
      'public, max-age=31536000, immutable',
    );
    expect((await send('/v1/runs')).status).toBe(401);
  });

  it('a session of an earlier server has ended: 401 with the command that signs in', async () => {
    const earlier = await signedIn();
    const { send } = await serve();
    const { status, body } = await send('/v1/runs', {
      headers: { authorization: `Bearer ${earlier.token}` },
    });
    expect(status).toBe(401);
    expect(problemSchema.parse(JSON.parse(body))).toMatchObject({
      type: CONSOLE_PROBLEMS.sessionEnded,
      detail: expect.stringContaining('`headrace open`'),
    });
  });

  it.each([
    ['GET', '/v1/runs', 403, { 'sec-fetch-site': 'cross-site' }],
    ['GET', '/v1/runs', 403, { 'sec-fetch-site': 'same-site' }],
    ['GET', '/v1/runs', 421, { host: 'rebound.example' }],
    ['GET', '/console/', 421, { host: 'rebound.example:4750' }],
    ['POST', '/console/session', 421, { host: 'rebound.example' }],
    ['POST', '/v1/uploads', 404, {}],
    ['GET', '/evaluations/v1/01m8/history', 401, {}],
    ['POST', '/console/code', 401, {}],
  ])(
    'a request with a session is refused: %s %s with %i',
    async (method, path, status, headers) => {
      const { send, token } = await signedIn();
      const response = await send(path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
      });
      expect(response.status).toBe(status);
    },
  );

  it.each([
    '/console/../package.json',
    '/console/..%2f..%2fpackage.json',
    '/console/%2e%2e/secret',
  ])('no path leads out of the files: %s', async (path) => {
    const { send } = await serve();
    const { status, body } = await send(path);
    expect([401, 404]).toContain(status);
    expect(body).not.toContain('"name": "headrace"');
  });

  it('a command with the token of the home reads the API and gets codes', async () => {
    const { send } = await serve();
    const headers = { authorization: 'Bearer home' };
    expect((await send('/v1/runs', { headers })).status).toBe(200);
    expect((await send('/console/code', { method: 'POST', headers })).status).toBe(200);
  });

  it('with --no-console there is neither a page nor a session', async () => {
    const { send } = await serve({ hasConsole: false });
    const headers = { authorization: 'Bearer home' };
    expect((await send('/console/', { headers })).status).toBe(404);
    expect((await send('/console/code', { method: 'POST', headers })).status).toBe(404);
  });
});
