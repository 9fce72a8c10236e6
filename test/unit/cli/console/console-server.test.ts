import { describe, expect, it } from 'vitest';
import { SigningError } from '../../../../src/client/errors.ts';
import type { OutgoingRequest } from '../../../../src/client/signing.ts';
import { CONSOLE_PROBLEMS } from '../../../../src/wire/console.ts';
import { aConsole, anUpstream, json, problemIn, rawHead } from './console-harness.ts';

describe('requests that headrace console passes on', () => {
  it('are signed by the user, and reach the endpoint with their query and body', async () => {
    const signed: OutgoingRequest[] = [];
    const { send, received } = await aConsole({
      sign: async (request) => {
        signed.push(request);
        return { ...request.headers, authorization: 'AWS4 secret' };
      },
    });
    const response = await send('/v1/runs/a%20b/rerun?tag=a%2Bb&tag=c+d&q=(1)', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'key' },
      body: '{"from":"train"}',
    });
    expect(response.status).toBe(200);
    expect(received).toMatchObject([
      {
        method: 'POST',
        url: '/live/v1/runs/a%20b/rerun?tag=a%2Bb&tag=c%20d&q=%281%29',
        body: '{"from":"train"}',
        headers: { authorization: 'AWS4 secret', 'idempotency-key': 'key' },
      },
    ]);
    expect(signed).toMatchObject([
      {
        query: [
          ['tag', 'a+b'],
          ['tag', 'c d'],
          ['q', '(1)'],
        ],
        body: '{"from":"train"}',
      },
    ]);
  });

  it('carry headers of a list only: neither the session nor cookies nor forwarded hosts', async () => {
    const { send, received, token } = await aConsole();
    await send('/v1/runs', {
      headers: {
        accept: 'application/json',
        cookie: 'a=b',
        'if-none-match': '"tag"',
        'x-amz-security-token': 'forged',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-for': '10.0.0.1',
      },
    });
    const [request] = received;
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      'if-none-match': '"tag"',
    });
    expect(Object.keys(request?.headers ?? {}).sort()).toEqual(
      expect.not.arrayContaining(['cookie', 'x-amz-security-token', 'x-forwarded-host']),
    );
    expect(JSON.stringify(request)).not.toContain(token);
  });

  it('headers of the connection end at the proxy, in both directions', async () => {
    const { port, received, token } = await aConsole({
      answer: (response) =>
        response
          .writeHead(200, {
            'content-type': 'application/json',
            connection: 'close',
            'keep-alive': 'timeout=99',
            'set-cookie': 'a=b',
            'x-amzn-requestid': 'secret-of-the-api',
            'access-control-allow-origin': '*',
            etag: '"7"',
          })
          .end('{}'),
    });
    const head = await rawHead(port, [
      'GET /v1/runs HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      `Authorization: Bearer ${token}`,
      'Connection: close, X-Hop',
      'X-Hop: a',
      'TE: trailers',
      'Proxy-Authorization: Basic abc',
    ]);
    expect(Object.keys(received[0]?.headers ?? {})).not.toEqual(
      expect.arrayContaining(['x-hop', 'te', 'proxy-authorization']),
    );
    expect(head).toContain('etag: "7"');
    expect(head).not.toMatch(/set-cookie|x-amzn|access-control|timeout=99/);
  });

  it('no header or request can be smuggled into a path or a query', async () => {
    const { send, received } = await aConsole();
    await send('/v1/runs/a%0d%0aX-Injected:%20b/steps?name=a%0d%0aX-Injected:%20b%20HTTP/1.1');
    expect(received).toHaveLength(1);
    expect(received[0]?.headers).not.toHaveProperty('x-injected');
    expect(received[0]?.url).toBe(
      '/live/v1/runs/a%0d%0aX-Injected:%20b/steps?name=a%0D%0AX-Injected%3A%20b%20HTTP%2F1.1',
    );
  });

  it('a document of the API keeps its status, tag and text', async () => {
    const text = '{"value":1.50,"large":12345678901234567890}';
    const { send } = await aConsole({
      answer: (response) =>
        response.writeHead(202, { 'content-type': 'application/json', etag: '"7"' }).end(text),
    });
    const response = await send('/v1/runs/1');
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([
      202,
      '"7"',
      text,
    ]);
  });

  it('304 is passed on', async () => {
    const { send } = await aConsole({ answer: (response) => response.writeHead(304).end() });
    expect((await send('/v1/runs/1', { headers: { 'if-none-match': '"7"' } })).status).toBe(304);
  });
});

describe('requests that headrace console refuses', () => {
  it.each([
    ['without a session', '/v1/runs', { headers: { authorization: '' } }, 401],
    ['with another token', '/v1/runs', { headers: { authorization: 'Bearer hrs_x' } }, 401],
    ['of another site', '/v1/runs', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
    ['of another port', '/v1/runs', { headers: { origin: 'http://127.0.0.1:1' } }, 403],
    ['for evaluations', '/evaluations/v1/1/history', {}, 404],
    ['for the token of an evaluator', '/v1/runs/1/evaluator-token', { method: 'POST' }, 404],
    ['that register code', '/v1/versions', { method: 'POST' }, 404],
    ['for links of its own', '/console/objects/abc', {}, 404],
    ['for codes', '/console/code', { method: 'POST' }, 404],
    ['for other paths', '/objects/a', {}, 404],
    ['with PUT', '/v1/runs', { method: 'PUT' }, 405],
    ['with a large body', '/v1/runs', { method: 'POST', body: 'a'.repeat(4_194_305) }, 413],
  ])('requests %s', async (_what, path, init, status) => {
    const { send, received } = await aConsole();
    expect((await send(path, init)).status).toBe(status);
    expect(received).toEqual([]);
  });

  it('requests for a foreign host: 421', async () => {
    const { port, token, received } = await aConsole();
    const head = await rawHead(port, [
      'GET /v1/runs HTTP/1.1',
      'Host: rebound.example',
      `Authorization: Bearer ${token}`,
    ]);
    expect(head).toMatch(/^http\/1.1 421/);
    expect(received).toEqual([]);
  });

  it.each(['POST', 'PATCH', 'DELETE'])(
    '%s with --read-only: 403 with the remedy',
    async (method) => {
      const { send, received } = await aConsole({ readOnly: true });
      const response = await send('/v1/runs/1', { method });
      expect(response.status).toBe(403);
      expect((await problemIn(response)).detail).toContain('--read-only');
      expect((await send('/v1/runs/1')).status).toBe(200);
      expect((await send('/v1/runs/1', { method: 'HEAD' })).status).toBe(200);
      expect(received.map((each) => each.method)).toEqual(['GET', 'HEAD']);
    },
  );

  it('its page learns the target, and that it only reads', async () => {
    const { send } = await aConsole({ readOnly: true });
    expect(await (await send('/console/config.json')).json()).toEqual({
      signIn: 'code',
      command: 'headrace console --profile team',
      serves: 'api',
      target: 'team',
      readOnly: true,
    });
  });
});

describe('the document of the caller behind headrace console', () => {
  const me = { principal: 'a', name: 'a', version: '0.1.0', features: ['bulk'], readOnly: false };

  it.each([true, false])('states whether the console only reads: %s', async (readOnly) => {
    const { send } = await aConsole({ readOnly, answer: json(me) });
    expect(await (await send('/v1/me')).json()).toEqual({ ...me, readOnly });
  });

  it('of an API of another version is passed on as it is', async () => {
    const { send } = await aConsole({ readOnly: true, answer: json({ other: 1 }) });
    expect(await (await send('/v1/me')).json()).toEqual({ other: 1 });
  });
});

describe('an API that refuses or fails behind headrace console', () => {
  it('a redirect is not followed, with the signature neither sent nor shown: 502', async () => {
    const elsewhere = await anUpstream(json({}));
    const { send } = await aConsole({
      answer: (response) => response.writeHead(302, { location: elsewhere.endpoint }).end(),
    });
    const response = await send('/v1/runs');
    expect([response.status, response.headers.get('location')]).toEqual([502, null]);
    expect(elsewhere.received).toEqual([]);
  });

  it('an API that does not answer: 502 with the endpoint and the remedy', async () => {
    const { send } = await aConsole({ endpoint: 'http://127.0.0.1:9/live' });
    const response = await send('/v1/runs');
    expect(response.status).toBe(502);
    expect((await problemIn(response)).detail).toMatch(/127\.0\.0\.1:9.*check the endpoint/);
  });

  it.each([
    [401, { message: 'Unauthorized' }],
    [403, { message: 'The security token included in the request is expired' }],
    [403, { message: 'The security token included in the request is invalid.' }],
    [403, { Message: 'User: arn:aws:iam::1:user/a is not authorized to access this resource' }],
    [403, { message: 'Signature expired: 20261130T090000Z is now earlier than …' }],
  ])('credentials that were refused are no ended session: %i %j', async (status, document) => {
    const { send } = await aConsole({ answer: json(document, status) });
    const response = await send('/v1/runs');
    expect(response.status).toBe(401);
    expect(await problemIn(response)).toMatchObject({
      type: CONSOLE_PROBLEMS.credentialsRefused,
      detail: expect.stringContaining('aws sso login --profile team'),
    });
  });

  it('credentials that cannot be read: 401 with the reason and the remedy', async () => {
    const { send } = await aConsole({
      sign: () =>
        Promise.reject(new SigningError('no AWS credentials to sign with: Token is expired')),
    });
    const problem = await problemIn(await send('/v1/runs'));
    expect(problem).toMatchObject({
      status: 401,
      type: CONSOLE_PROBLEMS.credentialsRefused,
      detail: expect.stringMatching(/Token is expired.*aws sso login/),
    });
  });

  it('a problem document of the API is passed on as it is', async () => {
    const problem = {
      type: 'urn:headrace:problem:conflict',
      title: 'No',
      status: 409,
      detail: 'd',
    };
    const { send } = await aConsole({ answer: json(problem, 409, 'application/problem+json') });
    const response = await send('/v1/runs');
    expect([response.status, await response.json()]).toEqual([409, problem]);
  });

  it.each([
    [429, { message: 'Limit Exceeded' }, 'too-many-requests'],
    [403, { message: 'Forbidden by the web ACL' }, 'forbidden'],
    [504, { message: 'Endpoint request timed out' }, 'upstream'],
    [500, '<html>', 'upstream'],
  ])(
    'an error of API Gateway becomes a problem document: %i %j',
    async (status, document, type) => {
      const { send } = await aConsole({
        answer: (response) =>
          response
            .writeHead(status, { 'content-type': 'application/json', 'retry-after': '3' })
            .end(JSON.stringify(document)),
      });
      const response = await send('/v1/runs');
      expect([response.status, response.headers.get('retry-after')]).toEqual([status, '3']);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await problemIn(response)).toMatchObject({
        status,
        type: `urn:headrace:problem:${type}`,
      });
    },
  );

  it('nothing that is printed or answered contains the signature', async () => {
    for (const status of [200, 401, 403, 500]) {
      const { send, errors } = await aConsole({ answer: json({ message: 'no' }, status) });
      const response = await send('/v1/runs');
      const text = JSON.stringify([[...response.headers], await response.text(), errors]);
      expect(text).not.toContain('AWS4');
    }
  });
});
