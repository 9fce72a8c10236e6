/**
 * SQS in the tests: queues by name, and the JSON protocol that the SDK speaks.
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
  /** Where clients reach it, if something stands between. Default: its own address. */
  readonly publicUrl?: () => string | undefined;
  /**
   * Is called around each request, with who made it by access key id: what it throws is the answer.
   * Between `before` and `after` the request took effect.
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
      const given = attributesOf(attributes);
      const known = queues.get(name);
      if (known !== undefined) return known;
      const made = new Queue(
        readAttributes({ name, arn: `arn:aws:sqs:${region}:${account}:${name}` }, given, (arn) =>
          sqs.queue(arn),
        ),
        clock,
      );
      queues.set(name, made);
      return made;
    },
    queue: (name) => queues.get(name.split(/[/:]/u).at(-1) ?? ''),
    remove: (name) => void queues.delete(name),
    urlOf: ({ settings }) => `${publicUrl?.() ?? own}/${account}/${settings.name}`,
    stop: () => server.close(),
  };
  const known = operations(sqs, clock, () => [...queues.values()]);

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
      const act = known[operation];
      if (act === undefined)
        throw new SqsError(
          'UnsupportedOperation',
          `${operation} is not one of the operations here`,
        );
      const trace = incoming.headers['x-amzn-trace-id'];
      const answer = await act(
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
