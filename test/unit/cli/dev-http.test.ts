/**
 * The HTTP server of `headrace dev` over real sockets: hosts, links and caching.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compressed } from '../../../src/cli/dev/compression.ts';
import { createHttpServer } from '../../../src/cli/dev/http-server.ts';
import { createTokenCheck } from '../../../src/cli/dev/token-check.ts';
import { createFileLinks } from '../../../src/local/file-links.ts';
import { runPageSchema } from '../../../src/wire/runs.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import { aHead, anInfo } from '../../conformance/records.ts';
import { anApi, idOf } from '../api/harness.ts';

const AUTHORIZATION = 'Authorization: Bearer the-token';
const KEY = `code/${'a'.repeat(64)}.mjs`;
const UPLOAD = JSON.stringify({ code: [{ hash: 'a'.repeat(64), type: 'mjs', size: 3 }] });

async function serve(host = '127.0.0.1', allowedHosts: readonly string[] = []) {
  const origins = new AsyncLocalStorage<string>();
  const { storage } = await anApi();
  const links = createFileLinks({
    objects: storage.objects,
    secret: Buffer.from('secret'),
    clock: { now: () => 1_000 },
    baseUrl: () => origins.getStore() ?? 'http://no-request',
  });
  const { api, storage: served } = await anApi(
    { links },
    { authorize: createTokenCheck('the-token') },
  );
  const server = createHttpServer({ api, links, origins, host, allowedHosts });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    links,
    objects: storage.objects,
    tasks: served.tasks,
  };
}

interface HttpResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends a request as these lines and a body, and reads the response to its end. */
function send(
  port: number,
  lines: readonly string[],
  body = '',
  address = '127.0.0.1',
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
    const socket = connect(port, address, () =>
      socket.write([...lines, ...length, 'Connection: close', '', body].join('\r\n')),
    );
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      const [head = '', ...rest] = text.split('\r\n\r\n');
      resolve({
        status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]),
        head: head.toLowerCase(),
        body: rest.join('\r\n\r\n'),
      });
    });
  });
}

const uploadUrl = ({ body }: HttpResponse): string =>
  /"url":"([^"]+)"/.exec(body)?.[1] ?? `no link in ${body}`;

const askForUpload = (port: number, host: string, address?: string): Promise<HttpResponse> =>
  send(
    port,
    ['POST /v1/uploads HTTP/1.1', `Host: ${host}`, AUTHORIZATION, 'Content-Type: application/json'],
    UPLOAD,
    address,
  );

describe('the hosts of headrace dev', () => {
  it.each([
    ['/openapi.json', []],
    ['/v1/runs', [AUTHORIZATION]],
    [`/objects/${KEY}`, []],
    ['/no-route', []],
  ])('a request for a foreign host is refused with 421: %s', async (path, headers) => {
    const { port } = await serve();
    for (const host of [
      `rebound.example:${port}`,
      'rebound.example',
      '127.0.0.1.rebound.example',
      '0.0.0.0',
      '[::2]',
      '192.168.1.5',
    ]) {
      const { status, head, body } = await send(port, [
        `GET ${path} HTTP/1.1`,
        `Host: ${host}`,
        ...headers,
      ]);
      expect({ host, status }).toEqual({ host, status: 421 });
      expect(head).toContain('content-type: application/problem+json');
      expect(head).toContain('cache-control: no-store');
      expect(body).toContain('--allow-host');
    }
  });

  it('a foreign host is refused in the request target, too', async () => {
    const { port } = await serve();
    const { status } = await send(port, [
      'GET http://rebound.example/openapi.json HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
    ]);
    expect(status).toBe(421);
  });

  it('a request without a readable host is refused with a problem document', async () => {
    const { port } = await serve();
    for (const lines of [
      ['GET /openapi.json HTTP/1.0'],
      ['GET /openapi.json HTTP/1.1', 'Host: a b'],
      ['GET /openapi.json HTTP/1.1', 'Host: '],
      ['GET /openapi.json HTTP/1.1', 'Host: :4750'],
    ]) {
      const { status, head, body } = await send(port, lines);
      expect([400, 421]).toContain(status);
      expect(head).toContain('cache-control: no-store');
      expect(problemSchema.parse(JSON.parse(body)).status).toBe(status);
    }
  });

  it('a link names the host and port of its request', async () => {
    const { port } = await serve('127.0.0.1', ['Build.Example.org', '10.0.0.7', 'fd00::7']);
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      'localhost:9999',
      `[::1]:${port}`,
      'build.example.org',
      'BUILD.example.org:80',
      '10.0.0.7:4750',
      '[fd00::7]:4750',
    ]) {
      const url = new URL(uploadUrl(await askForUpload(port, host)));
      expect(url.host, host).toBe(new URL(`http://${host}`).host);
    }
  });

  it('the server that listens on all addresses answers under the address of the connection', async () => {
    const { port } = await serve('0.0.0.0');
    const own = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    const address = own ?? '127.0.0.1';
    const response = await askForUpload(port, `${address}:${port}`, address);
    expect(uploadUrl(response)).toContain(`http://${address}:${port}/objects/`);
    expect((await askForUpload(port, `192.0.2.1:${port}`, address)).status).toBe(421);
    expect((await askForUpload(port, `rebound.example:${port}`, address)).status).toBe(421);
  });
});

describe('the caching of responses of headrace dev', () => {
  it('only documents that permit it may be stored: no problem, and no content of links', async () => {
    const { port, links, objects } = await serve();
    await objects.put(KEY, Buffer.from('abc'));
    const { pathname, search } = new URL((await links.read(KEY)).url);
    const host = `Host: 127.0.0.1:${port}`;
    for (const line of ['GET /v1/runs HTTP/1.1', 'HEAD /v1/runs HTTP/1.1'])
      expect((await send(port, [line, host, AUTHORIZATION])).head).toContain(
        'cache-control: private, no-cache',
      );
    for (const [expected, ...lines] of [
      [200, 'GET /openapi.json HTTP/1.1'],
      [401, 'GET /v1/runs HTTP/1.1'],
      [400, 'GET /v1/runs?limit=0 HTTP/1.1', AUTHORIZATION],
      [404, 'GET /no-route HTTP/1.1', AUTHORIZATION],
      [405, 'PUT /v1/runs HTTP/1.1', AUTHORIZATION],
      [200, `GET ${pathname}${search} HTTP/1.1`],
      [403, `GET ${pathname} HTTP/1.1`],
    ] as const) {
      const [first, ...others] = lines;
      const { status, head } = await send(port, [first, host, ...others]);
      expect({ first, status }).toEqual({ first, status: expected });
      expect(head.match(/cache-control: .*/g), first).toEqual(['cache-control: no-store']);
    }
  });

  it('an error of a port may not be stored', async () => {
    const failing = await anApi({ queues: () => JSON.parse('') });
    const response = await failing.api.request('/v1/queues');
    expect([response.status, response.headers.get('cache-control')]).toEqual([500, 'no-store']);
  });
});

describe('the compression of responses of headrace dev', () => {
  const page = (port: number, ...headers: string[]) =>
    fetch(`http://127.0.0.1:${port}/v1/runs`, {
      headers: Object.fromEntries([AUTHORIZATION, ...headers].map((line) => line.split(': '))),
    });
  const serveRuns = async () => {
    const served = await serve();
    for (let n = 1; n <= 20; n += 1) await served.tasks.createRun(anInfo(idOf(n)), aHead(idOf(n)));
    return served;
  };

  it.each([
    ['br, gzip', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['gzip; q=0.000', null],
    ['identity', null],
  ])(
    'a large document is sent to a caller that accepts %j encoded as %j',
    async (accepted, encoding) => {
      const { port } = await serveRuns();
      const response = await page(port, `Accept-Encoding: ${accepted}`);
      expect(response.headers.get('content-encoding')).toBe(encoding);
      expect(response.headers.get('vary')).toBe('Authorization, Accept-Encoding');
      expect(runPageSchema.parse(await response.json()).items).toHaveLength(20);
    },
  );

  it('a compressed document has the tag of the document, so that a caller revalidates it', async () => {
    const { port } = await serveRuns();
    const tag = (await page(port, 'Accept-Encoding: gzip')).headers.get('etag') ?? '';
    const again = await page(port, 'Accept-Encoding: br', `If-None-Match: ${tag}`);
    expect([again.status, again.headers.get('content-encoding')]).toEqual([304, null]);
  });

  it('a small document and an event stream are not compressed', async () => {
    const { port } = await serve();
    expect((await page(port, 'Accept-Encoding: gzip')).headers.get('content-encoding')).toBeNull();
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'private, no-cache' };
    const stream = new Response('data: 1\n\n'.repeat(1000), { headers });
    const request = new Request('http://127.0.0.1/', { headers: { 'accept-encoding': 'gzip' } });
    expect(await compressed(request, stream)).toBe(stream);
  });

  it('a document with a signed link is not compressed', async () => {
    const { port } = await serve();
    const { head } = await send(
      port,
      [
        'POST /v1/uploads HTTP/1.1',
        `Host: 127.0.0.1:${port}`,
        AUTHORIZATION,
        'Content-Type: application/json',
        'Accept-Encoding: gzip',
      ],
      JSON.stringify({
        code: Array.from({ length: 40 }, (_, n) => ({
          hash: String(n).padStart(64, '0'),
          type: 'mjs',
          size: 3,
        })),
      }),
    );
    expect(head).toContain('200 ok');
    expect(head).not.toContain('content-encoding');
  });
});
