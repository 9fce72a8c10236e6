import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../../src/api/problems.ts';
import { createConsoleApp } from '../../../src/console-server/console-app.ts';
import { readConsoleFiles } from '../../../src/console-server/console-files.ts';
import { requireSession } from '../../../src/console-server/request-rules.ts';
import { Sessions } from '../../../src/console-server/sessions.ts';
import { CONSOLE_PROBLEMS, sessionSchema, signInCodeSchema } from '../../../src/wire/console.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import { aConsoleFolder, INDEX, SCRIPT } from './console-folder.ts';

const ORIGIN = 'http://127.0.0.1:4750';

function aConsole({ isBuilt = true } = {}) {
  const sessions = new Sessions({ now: () => 0 });
  const app = createConsoleApp({
    files: isBuilt ? readConsoleFiles(aConsoleFolder()) : undefined,
    sessions,
    config: { signIn: 'code', command: 'headrace open', serves: 'home', readOnly: false },
    authorizeCommand: ({ headers }) => {
      if (headers.get('authorization') !== 'Bearer home') throw new ProblemError(401, 'no token');
    },
  });
  const send = (path: string, init?: RequestInit) =>
    app.handle(new Request(`${ORIGIN}${path}`, init), ORIGIN);
  const signIn = (code: string, headers: Readonly<Record<string, string>> = {}) =>
    send('/console/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ code }),
    });
  return { app, sessions, send, signIn };
}

const problemIn = async (response: Response) => problemSchema.parse(await response.json());

describe('the console on a server of this machine', () => {
  it('serves the page, its assets and its configuration without a session', async () => {
    const { send } = aConsole();
    const page = await send('/console/runs/01m8?tab=graph');
    expect([page.status, await page.text()]).toEqual([200, INDEX]);
    expect(await (await send('/console/assets/index-a1.js')).text()).toBe(SCRIPT);
    expect(await (await send('/console/config.json')).json()).toEqual({
      signIn: 'code',
      command: 'headrace open',
      serves: 'home',
      readOnly: false,
    });
  });

  it.each(['/', '/console'])('%s leads to the page', async (path) => {
    const response = await aConsole().send(path);
    expect([response.status, response.headers.get('location')]).toEqual([302, '/console/']);
  });

  it('every answer has the policy of the page: files, documents and refusals', async () => {
    const { send } = aConsole();
    for (const [path, init] of [
      ['/console/', {}],
      ['/console/assets/missing.js', {}],
      ['/console/config.json', {}],
      ['/console/session', { method: 'POST' }],
      ['/console/runs', { method: 'PUT' }],
      ['/console/', { headers: { 'sec-fetch-site': 'cross-site' } }],
    ] as const) {
      const { headers } = await send(path, init);
      expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    }
  });

  it('HEAD has the headers of GET and no content', async () => {
    const response = await aConsole().send('/console/', { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe(String(INDEX.length));
    expect(await response.text()).toBe('');
  });

  it('a console that is not built states how to build it', async () => {
    const response = await aConsole({ isBuilt: false }).send('/console/');
    expect(response.status).toBe(404);
    expect((await problemIn(response)).detail).toContain('npm run build');
  });
});

describe('signing in', () => {
  it('a code is exchanged for the token of a session, which no cache stores', async () => {
    const { sessions, signIn } = aConsole();
    const response = await signIn(sessions.newCode(), { 'sec-fetch-site': 'same-origin' });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('set-cookie')).toBeNull();
    const { token } = sessionSchema.parse(await response.json());
    expect(sessions.isOpen(token)).toBe(true);
  });

  it('a code that was used, and a wrong one, are refused with 403 and the remedy', async () => {
    const { sessions, signIn } = aConsole();
    const code = sessions.newCode();
    expect((await signIn(code)).status).toBe(200);
    for (const refused of [code, 'wrong']) {
      const response = await signIn(refused);
      expect(response.status).toBe(403);
      expect(await problemIn(response)).toMatchObject({
        type: CONSOLE_PROBLEMS.codeRefused,
        detail: expect.stringContaining('headrace open'),
      });
    }
  });

  it('guesses are limited: 429 with Retry-After', async () => {
    const { signIn } = aConsole();
    for (let guess = 0; guess < 10; guess += 1) await signIn(`guess ${guess}`);
    const response = await signIn('guess');
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60']);
  });

  it.each([
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }],
    ['a page of another origin', { origin: 'http://127.0.0.1:3000' }],
    ['a page without an origin', { origin: 'null' }],
  ])('%s is refused with 403, and does not use up the code', async (_who, headers) => {
    const { sessions, signIn } = aConsole();
    const code = sessions.newCode();
    expect((await signIn(code, headers)).status).toBe(403);
    expect((await signIn(code, { origin: ORIGIN })).status).toBe(200);
  });

  it('a link on another site leads to the page, and loads nothing else', async () => {
    const { send } = aConsole();
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await send('/console/runs', { headers: link })).status).toBe(200);
    for (const headers of [
      { ...link, 'sec-fetch-dest': 'iframe' },
      { ...link, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
      { 'sec-fetch-site': 'cross-site' },
    ])
      expect((await send('/console/assets/index-a1.js', { headers })).status).toBe(403);
  });

  it.each([
    ['text/plain', '{"code":"a"}', 415],
    ['application/json', 'no json', 400],
    ['application/json', '{"code":1}', 400],
    ['application/json', '{"code":"a","more":1}', 400],
    ['application/json', JSON.stringify({ code: 'a'.repeat(5_000) }), 413],
  ])('a body that is no code is refused: %s %.20s', async (type, body, status) => {
    const { send } = aConsole();
    const headers = { 'content-type': type };
    expect((await send('/console/session', { method: 'POST', headers, body })).status).toBe(status);
  });

  it('the page can end its session', async () => {
    const { sessions, send, signIn } = aConsole();
    const { token } = sessionSchema.parse(await (await signIn(sessions.newCode())).json());
    const headers = { authorization: `Bearer ${token}` };
    expect((await send('/console/session', { method: 'DELETE', headers })).status).toBe(204);
    expect(sessions.isOpen(token)).toBe(false);
  });

  it('a command with the token of the home gets a new code, and no other caller does', async () => {
    const { sessions, send, signIn } = aConsole();
    const token = sessionSchema.parse(await (await signIn(sessions.newCode())).json()).token;
    const request = (authorization?: string) =>
      send('/console/code', { method: 'POST', headers: authorization ? { authorization } : {} });
    expect((await request()).status).toBe(401);
    expect((await request(`Bearer ${token}`)).status).toBe(401);
    const { code } = signInCodeSchema.parse(await (await request('Bearer home')).json());
    expect((await signIn(code)).status).toBe(200);
  });
});

describe('requests of a page for the API', () => {
  const check = (
    path: string,
    { method = 'GET', headers = {}, isOpen = true }: RequestInit & { isOpen?: boolean } = {},
  ): number => {
    const request = new Request(`${ORIGIN}${path}`, {
      method,
      headers: { authorization: 'Bearer hrs_token', ...headers },
    });
    try {
      requireSession(request, {
        sessions: { isOpen: (token) => isOpen && token === 'hrs_token' },
        origin: ORIGIN,
        command: '`headrace open`',
      });
      return 200;
    } catch (error) {
      if (error instanceof ProblemError) return error.status;
      throw error;
    }
  };

  it.each([
    ['GET', '/v1'],
    ['GET', '/v1/runs?tag=a%2Fb'],
    ['HEAD', '/v1/runs/01m8'],
    ['POST', '/v1/runs'],
    ['POST', '/v1/runs/01m8/signals/50%25%20done'],
    ['PATCH', '/v1/runs/01m8/tags'],
    ['DELETE', '/v1/cache'],
    ['GET', '/v1/versions/1.2.0'],
    ['GET', '/openapi.json'],
  ])('a session may send %s %s', (method, path) => {
    expect(check(path, { method })).toBe(200);
  });

  it.each([
    ['POST', '/v1/runs/01m8/evaluator-token'],
    ['POST', '/v1/runs/01m8/evaluator%2Dtoken'],
    ['POST', '/v1/runs/01m8/evaluator%252Dtoken'],
    ['POST', '/v1/runs/01m8/evaluator-token/'],
    ['POST', '/v1/runs/a%2F..%2Fb/evaluator-token'],
    ['POST', '/v1//runs/01m8/evaluator-token'],
    ['POST', '/v1/uploads'],
    ['POST', '/v1/versions'],
    ['POST', '/%76%31/versions'],
    ['GET', '/evaluations/v1/01m8/history'],
    ['GET', '/v1/../evaluations/v1/01m8/history'],
    ['GET', '/objects/code/a.mjs'],
    ['GET', '/v1/%ff'],
    ['GET', '/v1/%25252525'],
    ['POST', '/openapi.json'],
  ])('a session has no route %s %s', (method, path) => {
    expect(check(path, { method })).toBe(404);
  });

  it('a session may send no other method', () => {
    expect(check('/v1/runs', { method: 'PUT' })).toBe(405);
    expect(check('/v1/runs', { method: 'OPTIONS' })).toBe(405);
  });

  it('a request of another site is refused, although it has a session', () => {
    expect(check('/v1/runs', { headers: { 'sec-fetch-site': 'cross-site' } })).toBe(403);
    expect(check('/v1/runs', { headers: { origin: 'http://127.0.0.1:3000' } })).toBe(403);
  });

  it('an ended session is 401', () => {
    expect(check('/v1/runs', { isOpen: false })).toBe(401);
  });
});
