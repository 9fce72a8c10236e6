import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Client, createClient } from '../../../src/client/client.ts';
import {
  ApiError,
  ApiUnreachableError,
  IncompatibleApiError,
  SigningError,
} from '../../../src/client/errors.ts';
import { bearer, type Sign, sigV4 } from '../../../src/client/signing.ts';

interface ReceivedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Reply = readonly [status: number, body?: unknown] | 'hang up';

/** A server that sends these responses, and repeats the last one. */
async function aServer(
  ...replies: readonly Reply[]
): Promise<{ readonly endpoint: string; readonly received: ReceivedRequest[] }> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const reply = replies[Math.min(received.length, replies.length - 1)] ?? 'hang up';
      received.push({ method: request.method, url: request.url, headers: request.headers, body });
      if (reply === 'hang up') return request.socket.destroy();
      const [status, answer] = reply;
      return response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(answer === undefined ? '' : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    received,
  };
}

const SERVICE = { name: 'headrace', version: '1.0.0', stepExecutor: 'container' };
const SUMMARY = {
  id: '0'.repeat(26),
  pipeline: 'iris',
  project: 'examples',
  version: '1.0.0',
  number: 1,
  status: 'queued',
  tags: [],
  rerunOf: null,
  createdAt: '2025-01-01T00:00:00.000Z',
  startedAt: null,
  endedAt: null,
};

const clientOf = (endpoint: string, sign: Sign = bearer(() => 'token')): Client =>
  createClient({ endpoint, sign, firstRetryDelayMs: 1 });

describe('a client', () => {
  it.each([
    ['before its response', ''],
    ['within its response', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'],
  ])('a server that falls silent %s is reported after the time limit', async (_, beginning) => {
    const server = createServer();
    server.on('connection', (socket) => void socket.once('data', () => socket.write(beginning)));
    server.removeAllListeners('request');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const client = createClient({
      endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
      sign: bearer(() => 'token'),
      firstRetryDelayMs: 1,
      timeoutMs: 50,
    });
    await expect(client.runs({})).rejects.toThrow(ApiUnreachableError);
  });

  it('a response that is larger than a page of the API is refused', async () => {
    const { endpoint } = await aServer([200, { name: 'x'.repeat(17 * 2 ** 20) }]);
    await expect(
      createClient({ endpoint, sign: bearer(() => 't') }).service(),
    ).rejects.toMatchObject({
      name: 'ApiUnreachableError',
      cause: { message: 'a response has more than 16777216 bytes' },
    });
  });

  it('a client sends its token, query and body below the path of the endpoint', async () => {
    const { endpoint, received } = await aServer([200, { items: [], next: null }], [201, SUMMARY]);
    const client = clientOf(`${endpoint}/stage`);
    await client.runs({ project: "a b/c'(d)", limit: 3 });
    await client.createRun({ pipeline: 'iris', args: { url: 'ü' } }, { idempotencyKey: 'key' });
    expect(received).toMatchObject([
      {
        method: 'GET',
        url: '/stage/v1/runs?project=a%20b%2Fc%27%28d%29&limit=3',
        headers: { authorization: 'Bearer token' },
      },
      {
        method: 'POST',
        url: '/stage/v1/runs',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'key' },
        body: '{"pipeline":"iris","args":{"url":"ü"}}',
      },
    ]);
  });

  it('a client retries without a response and when the service is busy; a create keeps its idempotency key', async () => {
    const { endpoint, received } = await aServer('hang up', [503], [429], [201, SUMMARY]);
    expect((await clientOf(endpoint).createRun({ pipeline: 'iris' })).id).toBe(SUMMARY.id);
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('a client rejects after its last retry, with the response', async () => {
    const down = await aServer('hang up');
    await expect(clientOf(down.endpoint).service()).rejects.toThrow(ApiUnreachableError);
    const busy = await aServer([503, { message: 'busy' }]);
    await expect(clientOf(busy.endpoint).service()).rejects.toThrow(
      'the API responded to GET /v1 with 503: {"message":"busy"}',
    );
    expect([down.received.length, busy.received.length]).toEqual([5, 5]);
  });

  it('a client does not retry a request that the API rejects', async () => {
    const problem = {
      type: 'urn:headrace:problem:invalid',
      title: 'No',
      status: 422,
      detail: 'args.url: missing',
      errors: [{ in: 'body', field: 'args.url', detail: 'missing' }],
    };
    const { endpoint, received } = await aServer([422, problem]);
    const error = await clientOf(endpoint)
      .createRun({ pipeline: 'iris' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, message: 'args.url: missing', problem });
    expect(received).toHaveLength(1);
  });

  it('a response of another form is reported', async () => {
    const { endpoint } = await aServer([200, { hello: 'world' }]);
    await expect(clientOf(endpoint).service()).rejects.toThrow(IncompatibleApiError);
  });

  it('a client uploads by links without credentials, and accepts an equal upload by another client', async () => {
    const { endpoint, received } = await aServer([412], [403]);
    const link = {
      url: `${endpoint}/code?signature=1`,
      method: 'PUT' as const,
      headers: { 'if-none-match': '*' },
      expiresAt: '2025-01-01T00:00:00.000Z',
    };
    await clientOf(endpoint).writeLink(link, 'code');
    await expect(clientOf(endpoint).writeLink(link, 'code')).rejects.toThrow(ApiError);
    expect(received[0]).toMatchObject({
      method: 'PUT',
      body: 'code',
      headers: { 'if-none-match': '*' },
    });
    expect(received[0]?.headers.authorization).toBeUndefined();
  });
});

describe('a client with AWS credentials', () => {
  const environment = (over: Record<string, string>): void => {
    for (const [name, value] of Object.entries({
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: '',
      AWS_PROFILE: '',
      ...over,
    }))
      vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
  };

  it('a client signs for the region of its option, of the endpoint or of the environment', async () => {
    environment({});
    const request = (host: string) => ({
      method: 'GET',
      url: new URL(`https://${host}/prod/v1`),
      query: [['a', 'b c'] as const],
      headers: {},
      body: undefined,
    });
    const region = async (sign: Sign, host: string) =>
      /Credential=AKIA\/\d+\/([\w-]+)\/execute-api/.exec(
        (await sign(request(host))).authorization ?? '',
      )?.[1];
    expect(await region(sigV4({}, {}), 'abc.execute-api.eu-west-1.amazonaws.com')).toBe(
      'eu-west-1',
    );
    expect(await region(sigV4({}, { AWS_REGION: 'us-east-2' }), '127.0.0.1')).toBe('us-east-2');
    expect(
      await region(sigV4({ region: 'eu-north-1' }, {}), 'abc.execute-api.eu-west-1.amazonaws.com'),
    ).toBe('eu-north-1');
    await expect(sigV4({}, {})(request('127.0.0.1'))).rejects.toThrow(SigningError);
  });

  it('a client signs method, path, query and body', async () => {
    environment({ AWS_REGION: 'eu-west-1' });
    const { endpoint, received } = await aServer([200, SERVICE]);
    await clientOf(endpoint, sigV4({})).service();
    const { authorization, 'x-amz-date': date, host } = received[0]?.headers ?? {};
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=[\w;-]*host[\w;-]*, Signature=[0-9a-f]{64}$/,
    );
    expect(date).toMatch(/^\d{8}T\d{6}Z$/);
    expect(host).toBe(new URL(endpoint).host);
  });
});
