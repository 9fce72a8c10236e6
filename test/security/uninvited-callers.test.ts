/**
 * Callers without a token: other programs of this machine, other machines of the network, and pages
 * in the browser of the user.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attackedServer, exchange, firstResponse, head, send } from './attacked-server.ts';

const server = attackedServer();

const host = (): string => `Host: 127.0.0.1:${server().port}`;
const authorization = (): string => `Authorization: Bearer ${server().token}`;

/** A path of each operation of the API, with its method. */
async function operations(): Promise<readonly (readonly [method: string, path: string])[]> {
  const response = await fetch(`${server().endpoint}/openapi.json`);
  const { paths } = (await response.json()) as { readonly paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) =>
        [
          method.toUpperCase(),
          path.replace('{run}', 'a'.repeat(26)).replaceAll(/\{\w+\}/g, '1'),
        ] as const,
    ),
  );
}

describe('a caller without a token', () => {
  test('another machine cannot connect: the server listens on loopback only', async () => {
    const { port } = server();
    // The local addresses of sockets in the state LISTEN, in hexadecimal.
    const listening = ['tcp', 'tcp6'].flatMap((table) =>
      readFileSync(`/proc/net/${table}`, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state]) => state === '0A')
        .map(([, local = '']) => local.split(':'))
        .filter(([, hexPort = '']) => Number.parseInt(hexPort, 16) === port)
        .map(([address]) => address),
    );
    expect(listening).toEqual(['0100007F']);
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    for (const { address } of addresses.filter(({ internal }) => !internal)) {
      const outcome = await new Promise((resolve) => {
        const socket = connect(port, address, () => resolve('connected'));
        socket.once('error', ({ message }) => resolve(message));
        onTestFinished(() => void socket.destroy());
      });
      expect(outcome, address).not.toBe('connected');
    }
  });

  test('a body that never ends without a token is answered with 401, on every operation', async () => {
    const all = await operations();
    expect(all.length).toBeGreaterThan(25);
    for (const [method, path] of all) {
      const { status } = await firstResponse(
        server().port,
        `${head(
          `${method} ${path} HTTP/1.1`,
          host(),
          'Content-Type: application/json',
          'Transfer-Encoding: chunked',
        )}6\r\n{"a":[\r\n`,
      );
      expect({ method, path, status }).toEqual({ method, path, status: 401 });
    }
  });

  test('a token that is nearly right is answered with 401', async () => {
    const { token, port } = server();
    for (const value of [
      '',
      'Bearer',
      'Bearer ',
      'Bearer undefined',
      'Bearer null',
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token}x`,
      `Bearer  ${token}`,
      `bearer ${token}`,
      `Bearer ${token}, Bearer x`,
      `Basic ${Buffer.from(`:${token}`).toString('base64')}`,
      token,
    ]) {
      const { status } = await exchange(
        port,
        head('GET /v1/runs HTTP/1.1', host(), `Authorization: ${value}`, 'Connection: close'),
      );
      expect({ value, status }).toEqual({ value, status: 401 });
    }
    const inQuery = await fetch(
      `${server().endpoint}/v1/runs?token=${token}&authorization=${token}`,
    );
    expect(inQuery.status).toBe(401);
  });

  test.each([
    '/openapi.json/../v1/runs',
    '/openapi.json/%2e%2e/v1/runs',
    '/openapi.json%2f..%2fv1/runs',
    '/openapi.json;/v1/runs',
    '/v1/runs;/openapi.json',
    '/v1/runs?/openapi.json',
    '/v1/runs#/openapi.json',
    '/v1/%72uns',
    '/%76%31/runs',
    '//v1/runs',
    '/./v1/runs',
    '/v1//runs',
    '/v1/runs/',
    '/V1/RUNS',
    '/v1/runs%00',
    '\\v1\\runs',
    '/evaluations/../v1/runs',
    '/evaluations/v1/../../v1/runs',
    '/objects/../v1/runs',
    '/objects/../openapi.json/../v1/runs',
    '/objects/..%2f..%2fheadrace.db',
    '/objects/code/..%2f..%2fheadrace.db',
    '/objects/%2e%2e/headrace.db',
    '/objects//etc/passwd',
    '*',
  ])('the path %s leads to nothing without a token', async (path) => {
    for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD']) {
      const { status, text } = await exchange(
        server().port,
        head(`${method} ${path} HTTP/1.1`, host(), 'Connection: close'),
      );
      expect([400, 401, 403, 404], `${method} ${path}: ${text}`).toContain(status);
      expect(text).not.toMatch(/"items"|SQLite format|root:/);
    }
  });

  test('a request that is hidden in the body of another one is not answered', async () => {
    const hidden = head('GET /v1 HTTP/1.1', host(), authorization());
    for (const lines of [
      [`Content-Length: ${hidden.length + 5}`, 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', `Content-Length: ${hidden.length + 5}`],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding : chunked'],
      ['Content-Length: 0', `Content-Length: ${hidden.length}`],
      ['Content-Length: +5'],
    ]) {
      const { status, text } = await exchange(
        server().port,
        `${head('POST /v1/runs HTTP/1.1', host(), ...lines)}0\r\n\r\n${hidden}`,
      );
      expect([400, 401, 501], `${lines}: ${text}`).toContain(status);
      expect(text, String(lines)).not.toContain('HTTP/1.1 200');
    }
  });

  test('doubled headers give no access', async () => {
    const { port } = server();
    const statusOf = async (...lines: readonly string[]) =>
      (await exchange(port, head('GET /v1/runs HTTP/1.1', ...lines, 'Connection: close'))).status;
    const wrong = 'Authorization: Bearer wrong';
    expect(await statusOf(host(), wrong, wrong)).toBe(401);
    // Of two, the first counts.
    expect(await statusOf(host(), wrong, authorization())).toBe(401);
    expect(await statusOf('Host: rebound.example', host(), authorization())).toBe(421);
  });

  test('an absolute request target gives no access, and names no other host', async () => {
    const { port } = server();
    const statusOf = async (target: string, ...lines: readonly string[]) =>
      (await exchange(port, head(`GET ${target} HTTP/1.1`, ...lines, 'Connection: close'))).status;
    expect(await statusOf(`http://127.0.0.1:${port}/v1/runs`, host())).toBe(401);
    expect(await statusOf(`http://127.0.0.1:${port}/v1/runs`, host(), authorization())).toBe(200);
    for (const target of [
      'http://rebound.example/v1/runs',
      `http://127.0.0.1:${port}@rebound.example/v1/runs`,
      'https://rebound.example/openapi.json',
    ])
      expect(await statusOf(target, host(), authorization()), target).toBe(421);
    expect(await statusOf('file:///etc/passwd', host(), authorization())).not.toBe(200);
  });
});

describe('a page of another origin in the browser of the user', () => {
  const origin = 'Origin: https://attacker.example';

  test('a simple request, which a browser sends without asking, is answered with 401 and no CORS header', async () => {
    const body = '{"project":"tests","pipeline":"p"}';
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const { status, text } = await exchange(
        server().port,
        head(
          'POST /v1/runs HTTP/1.1',
          host(),
          origin,
          `Content-Type: ${type}`,
          `Content-Length: ${body.length}`,
          'Connection: close',
        ) + body,
      );
      expect(status).toBe(401);
      expect(text.toLowerCase()).not.toContain('access-control-');
    }
  });

  test('a preflight is refused: no page may send a token or JSON', async () => {
    for (const path of [
      '/v1/runs',
      '/openapi.json',
      '/v1',
      '/objects/code/x',
      '/evaluations/v1/x',
    ]) {
      const { status, text } = await exchange(
        server().port,
        head(
          `OPTIONS ${path} HTTP/1.1`,
          host(),
          origin,
          'Access-Control-Request-Method: POST',
          'Access-Control-Request-Headers: authorization, content-type',
          'Access-Control-Request-Private-Network: true',
          'Connection: close',
        ),
      );
      expect([401, 403, 405], path).toContain(status);
      expect(text.toLowerCase()).not.toContain('access-control-');
    }
  });

  test('a name that is rebound to this machine reaches no path, with or without the token', async () => {
    const { port } = server();
    for (const name of [
      `rebound.example:${port}`,
      'rebound.example',
      `127.0.0.1.rebound.example:${port}`,
      `localhost.rebound.example:${port}`,
      `rebound.example@127.0.0.1:${port}`,
      '0.0.0.0',
      '[::ffff:7f00:2]',
    ])
      for (const path of ['/openapi.json', '/v1/runs', '/objects/code/x', '/'])
        for (const lines of [[], [authorization()]]) {
          const { status, text } = await exchange(
            port,
            head(`GET ${path} HTTP/1.1`, `Host: ${name}`, ...lines, 'Connection: close'),
          );
          expect([400, 421], `${name}${path}: ${text}`).toContain(status);
        }
  });
});

describe('many connections', () => {
  const HALF_OPEN = 300;

  async function openMany(bytes: string): Promise<void> {
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let i = 0; i < HALF_OPEN; i += 1) sockets.push(await send(server().port, bytes));
  }

  test(`${HALF_OPEN} half-open heads do not keep the server from answering`, async () => {
    await openMany(`POST /v1/runs HTTP/1.1\r\n${host()}\r\nX-Slow: `);
    expect(await server().client.runs()).toMatchObject({ items: [] });
  });

  test(`${HALF_OPEN} half-open bodies of a caller with a token do not keep the server from answering`, async () => {
    await openMany(
      `${head(
        'POST /v1/runs HTTP/1.1',
        host(),
        authorization(),
        'Content-Type: application/json',
        'Content-Length: 4000000',
      )}{"args": [`,
    );
    expect(await server().client.runs()).toMatchObject({ items: [] });
  });
});
