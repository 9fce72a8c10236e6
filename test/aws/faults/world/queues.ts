/**
 * The deployment's queues, as the stack configures them, over SQS's protocol.
 *
 * @module
 */
import { ACCOUNT } from '../../harness/settings.ts';
import type { Clock } from '../../host/clock.ts';
import { attributesOf, readAttributes } from '../../host/sqs/attributes.ts';
import { SqsError } from '../../host/sqs/errors.ts';
import { operations } from '../../host/sqs/operations.ts';
import type { Queue } from '../../host/sqs/queue.ts';
import { type Answer, failed, json } from '../services/answer.ts';
import { type Post, PostedQueue } from './post.ts';
import { QUEUES } from './settings.ts';

const arnOf = (name: string): string => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;
const RECEIVES = 10;

export class Queues {
  readonly transitions: PostedQueue;
  readonly deadLetters: PostedQueue;
  readonly delays: PostedQueue;
  readonly undelivered: Queue;
  readonly #operations: ReturnType<typeof operations>;

  constructor(clock: Clock, url: string, post: () => Post) {
    const all = new Map<string, Queue>();
    const find = (name: string): Queue | undefined => all.get(name.split(/[/:]/u).at(-1) ?? '');
    const make = (name: string, attributes: Readonly<Record<string, string>>): PostedQueue => {
      const queue = new PostedQueue(
        readAttributes({ name, arn: arnOf(name) }, attributesOf(attributes), find),
        clock,
        post,
      );
      all.set(name, queue);
      return queue;
    };
    const redrive = (name: string) => ({
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: arnOf(name),
        maxReceiveCount: RECEIVES,
      }),
    });
    const fifo = {
      FifoQueue: 'true',
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    };
    this.deadLetters = make(QUEUES.deadLetters, { ...fifo, MessageRetentionPeriod: '1209600' });
    this.undelivered = make(QUEUES.undelivered, { MessageRetentionPeriod: '1209600' });
    this.transitions = make(QUEUES.transitions, {
      ...fifo,
      ...redrive(QUEUES.deadLetters),
      VisibilityTimeout: '360',
      MessageRetentionPeriod: '1209600',
    });
    this.delays = make(QUEUES.delays, {
      ...redrive(QUEUES.undelivered),
      VisibilityTimeout: '180',
      MessageRetentionPeriod: '1209600',
    });
    const sqs = {
      url,
      create: () => this.transitions,
      queue: find,
      remove: () => undefined,
      urlOf: (queue: Queue) => `${url}/${ACCOUNT}/${queue.settings.name}`,
      stop: async () => undefined,
    };
    this.#operations = operations(sqs, clock, () => [...all.values()]);
  }

  async answer(action: string, body: Buffer): Promise<Answer> {
    try {
      const act = this.#operations[action];
      if (act === undefined)
        throw new SqsError('UnsupportedOperation', `${action} is not known here`);
      return json(await act(JSON.parse(body.toString()), undefined));
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      return failed('sqs', 400, `com.amazonaws.sqs#${error.type}`, error.message);
    }
  }
}
