/**
 * An emulated SQS: queues by name, and the JSON protocol of the SDK.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock/skippable-clock.ts';
import { bodyOf, callerOf, listen } from '../http-server.ts';
import { attributesOf, readAttributes } from './attributes.ts';
import { SqsError } from './errors.ts';
import { operations } from './operations.ts';
import { Queue } from './queue.ts';
import type { Sqs } from './sqs.ts';

export type { Sqs } from './sqs.ts';

export interface SqsOptions {
  readonly clock: Clock;
  readonly region?: string;
  readonly account?: string;
  /** The URL for clients, if a proxy is in front. Default: its own address. */
  readonly publicUrl?: () => string | undefined;
  /**
   * Is called around each request, with the access key id of the caller. An error that it throws is
   * the response. The request takes effect between `before` and `after`.
   */
  readonly watch?: SqsWatch;
}

export interface SqsWatch {
  before?(operation: string, caller: string | undefined): void | Promise<void>;
  after?(operation: string, caller: string | undefined): void | Promise<void>;
}

export async function startSqs({
  clock,
  region = 'us-east-1',
  account = '000000000000',
  publicUrl,
  watch = {},
}: SqsOptions): Promise<Sqs> {
  const queues = new Map<string, Queue>();
  const server = await listen((incoming, response) => void serve(incoming, response));
  const own = `http://${server.address}`;
  const sqs: Sqs = {
    url: own,
    create(name, attributes = {}) {
      const parsed = attributesOf(attributes);
      const existing = queues.get(name);
      if (existing !== undefined) return existing;
      const queue = new Queue(
        readAttributes({ name, arn: `arn:aws:sqs:${region}:${account}:${name}` }, parsed, (arn) =>
          sqs.queue(arn),
        ),
        clock,
      );
      queues.set(name, queue);
      return queue;
    },
    queue: (name) => queues.get(name.split(/[/:]/u).at(-1) ?? ''),
    remove: (name) => void queues.delete(name),
    urlOf: ({ settings }) => `${publicUrl?.() ?? own}/${account}/${settings.name}`,
    stop: () => server.close(),
  };
  const handlers = operations(sqs, clock, () => [...queues.values()]);

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await bodyOf(incoming)).toString();
    const operation = String(incoming.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const caller = callerOf(incoming);
    const send = (
      status: number,
      answer: object,
      headers: Readonly<Record<string, string>> = {},
    ) => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.0',
        'x-amzn-requestid': randomUUID(),
        ...headers,
      });
      response.end(JSON.stringify(answer));
    };
    try {
      await watch.before?.(operation, caller);
      const handle = handlers[operation];
      if (handle === undefined)
        throw new SqsError(
          'UnsupportedOperation',
          `the emulated SQS does not implement ${operation}`,
        );
      const trace = incoming.headers['x-amzn-trace-id'];
      const answer = await handle(
        JSON.parse(body === '' ? '{}' : body),
        typeof trace === 'string' ? trace : undefined,
      );
      await watch.after?.(operation, caller);
      send(200, answer);
    } catch (error) {
      if (!(error instanceof SqsError))
        return send(500, {
          __type: 'InternalError',
          message: error instanceof Error ? error.message : String(error),
        });
      send(
        400,
        { __type: `com.amazonaws.sqs#${error.type}`, message: error.message },
        { 'x-amzn-query-error': `${error.queryCode};Sender` },
      );
    }
  }

  return sqs;
}
