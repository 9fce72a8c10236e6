/**
 * Connections of the evaluation on AWS, against servers on real sockets: the controller's to Lambda,
 * and the evaluator's to the store.
 *
 * @module
 */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, onTestFinished, test } from 'vitest';
import { invokeEvaluator } from '../../../src/aws/evaluator/invocation.ts';
import { readObject } from '../../../src/aws/evaluator/object-reads.ts';
import { requestLimits } from '../../../src/aws/request-limits.ts';
import { isTemporaryRefusal } from '../../../src/aws/temporary-refusals.ts';
import { type Listening, listen } from '../../../testing/http-server.ts';

type Answer = Parameters<typeof listen>[0];

/** A server that answers the nth request by the nth listener, and later ones by the last. */
async function serve(...answers: readonly Answer[]): Promise<Listening & { count: number }> {
  const server = {
    count: 0,
    ...(await listen((request, response) => {
      request.resume();
      const answer = answers[Math.min(server.count, answers.length - 1)];
      server.count += 1;
      answer?.(request, response);
    })),
  };
  onTestFinished(() => server.close());
  return server;
}

const broken: Answer = (request) => void request.socket.destroy();
const silent: Answer = () => undefined;

describe('an invocation of the evaluator', () => {
  const page: Answer = (_, response) =>
    void response.end(JSON.stringify({ kind: 'coldStartNeeded' }));
  const throttled: Answer = (_, response) =>
    void response
      .writeHead(429, { 'x-amzn-errortype': 'TooManyRequestsException' })
      .end('{"Reason":"ConcurrentInvocationLimitExceeded"}');
  const invoke = ({ address }: Listening) =>
    invokeEvaluator(
      {
        client: new LambdaClient({
          ...requestLimits('lambda'),
          endpoint: `http://${address}`,
          region: 'us-east-1',
          credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
        }),
        functionName: 'evaluator',
        isolation: 'function',
      },
      { project: 'p' },
      { kind: 'supply', run: 'r' as never, ticket: 't', urls: {} },
    ).catch((error: unknown) => error);

  test('a throttled invocation is not repeated, and may be accepted later', async () => {
    const server = await serve(throttled);
    const error = await invoke(server);
    expect(error).toMatchObject({ name: 'TooManyRequestsException' });
    expect(isTemporaryRefusal(error)).toBe(true);
    expect(server.count).toBe(1);
  });

  test('an invocation whose connection was closed is repeated once', async () => {
    const server = await serve(broken, page);
    expect(await invoke(server)).toEqual({ kind: 'coldStartNeeded' });
    expect(server.count).toBe(2);
    const lost = await serve(broken);
    expect(isTemporaryRefusal(await invoke(lost))).toBe(true);
    expect(lost.count).toBe(2);
  });
});

describe('a read of the evaluator', () => {
  const found: Answer = (_, response) => void response.end('content');
  const stalled: Answer = (_, response) =>
    void response.writeHead(200, { 'content-length': '7' }).write('con');
  const status =
    (code: number): Answer =>
    (_, response) =>
      void response.writeHead(code).end();
  const read = ({ address }: Listening) =>
    readObject({
      url: `http://${address}/k`,
      key: 'k',
      maxBytes: 100,
      fetchUrl: fetch,
      timeoutMs: 200,
    }).then(
      (content) => Buffer.from(content).toString(),
      (error: unknown) => error,
    );

  test.each([
    ['does not answer', silent],
    ['stops within its answer', stalled],
    ['closes the connection', broken],
    ['is over its rate', status(503)],
  ])('a read is repeated if the store %s', async (_, answer) => {
    expect(await read(await serve(answer, found))).toBe('content');
  });

  test.each([
    ['does not answer', silent],
    ['stops within its answer', stalled],
    ['is over its rate', status(503)],
  ])('a store that %s twice is a failure that may pass', async (_, answer) => {
    const server = await serve(answer);
    const error = await read(server);
    expect(error).toMatchObject({ name: 'ObjectsUnavailableError' });
    expect(isTemporaryRefusal(error)).toBe(true);
    expect(server.count).toBe(2);
  });

  test('a missing object and a refused permission are not repeated', async () => {
    const missing = await serve(status(404));
    expect(await read(missing)).toMatchObject({ name: 'ObjectMissingError' });
    const refused = await serve(status(403));
    expect(isTemporaryRefusal(await read(refused))).toBe(false);
    expect([missing.count, refused.count]).toEqual([1, 1]);
  });
});
