/**
 * The deployment's queues behind the SQS protocol, configured as in the stack.
 *
 * @module
 */
import { stepQueueVisibilitySeconds } from '../../../../src/aws/deployment/lambda-queues.ts';
import {
  forEachQueue,
  type MessageQueueName,
} from '../../../../src/aws/deployment/message-queues.ts';
import type { Clock } from '../../../../testing/clock/skippable-clock.ts';
import { attributesOf, readAttributes } from '../../../../testing/sqs/attributes.ts';
import { SqsError } from '../../../../testing/sqs/errors.ts';
import { operations, systemAttributes } from '../../../../testing/sqs/operations.ts';
import type { Message, Queue } from '../../../../testing/sqs/queue.ts';
import { queueAttributes } from '../../harness/queues.ts';
import { ACCOUNT } from '../../harness/settings.ts';
import { type Answer, failed, json } from '../services/answer.ts';
import { FaultyQueue, type MessageFaults } from './message-faults.ts';
import { QUEUE_NAMES, STEP_QUEUE_NAME, STEP_QUEUE_SETTINGS } from './settings.ts';

const arnOf = (name: string): string => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;
const RETENTION_SECONDS = 14 * 24 * 3600;

export class Queues {
  readonly byName: Readonly<Record<MessageQueueName, FaultyQueue>>;
  /** The queue that starts steps in functions. */
  readonly steps: FaultyQueue;
  readonly #operations: ReturnType<typeof operations>;

  constructor(clock: Clock, url: string, faults: () => MessageFaults) {
    const all = new Map<string, Queue>();
    const find = (name: string): Queue | undefined => all.get(name.split(/[/:]/u).at(-1) ?? '');
    this.byName = forEachQueue((definition) => {
      const name = QUEUE_NAMES[definition.name];
      const attributes = {
        ...queueAttributes(definition, (other) => arnOf(QUEUE_NAMES[other.name])),
        MessageRetentionPeriod: String(RETENTION_SECONDS),
      };
      const queue = new FaultyQueue(
        readAttributes({ name, arn: arnOf(name) }, attributesOf(attributes), find),
        clock,
        faults,
      );
      all.set(name, queue);
      return queue;
    });
    this.steps = new FaultyQueue(
      readAttributes(
        { name: STEP_QUEUE_NAME, arn: arnOf(STEP_QUEUE_NAME) },
        attributesOf({
          FifoQueue: 'false',
          VisibilityTimeout: String(stepQueueVisibilitySeconds(STEP_QUEUE_SETTINGS.timeoutSeconds)),
          MessageRetentionPeriod: String(RETENTION_SECONDS),
        }),
        find,
      ),
      clock,
      faults,
    );
    all.set(STEP_QUEUE_NAME, this.steps);
    const sqs = {
      url,
      create: () => this.byName.transitions,
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
        throw new SqsError('UnsupportedOperation', `${action} is not supported`);
      return json(await act(JSON.parse(body.toString()), undefined));
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      return failed('sqs', 400, `com.amazonaws.sqs#${error.type}`, error.message);
    }
  }
}

/** A record of the event of an event source. */
export const recordOf = (message: Message) => ({
  messageId: message.id,
  receiptHandle: message.receipt,
  body: message.body,
  attributes: systemAttributes(message),
  eventSource: 'aws:sqs',
});
