/**
 * The operations of SQS that Headrace and its tests use, each from the JSON of the request to that
 * of the answer.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock/skippable-clock.ts';
import { shownAttributes } from './attributes.ts';
import { SqsError } from './errors.ts';
import { type Message, md5, type NewMessage, type Queue } from './queue.ts';
import type { Sqs } from './sqs.ts';

type Operation = (input: unknown, trace: string | undefined) => object | Promise<object>;

const MOST_BYTES = 2 ** 20;
const MOST_ENTRIES = 10;

const byUrl = z.looseObject({ QueueUrl: z.string() });
const messageSchema = z.looseObject({
  MessageBody: z.string().min(1),
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
  DelaySeconds: z.number().int().min(0).max(900).optional(),
  MessageAttributes: z.undefined().optional(),
});
const receiptSchema = z.looseObject({ ReceiptHandle: z.string() });
const visibilitySchema = receiptSchema.extend({
  VisibilityTimeout: z.number().int().min(0).max(43_200),
});
const entry = z.looseObject({ Id: z.string() });
const batch = z.looseObject({ QueueUrl: z.string(), Entries: z.array(entry).default([]) });
const receiveSchema = byUrl.extend({
  MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
  VisibilityTimeout: z.number().int().min(0).max(43_200).optional(),
  WaitTimeSeconds: z.number().int().min(0).max(20).default(0),
});

/** What the request is to be. @throws SqsError */
function read<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new SqsError('InvalidParameterValue', z.prettifyError(parsed.error));
  return parsed.data;
}

const newMessage = (input: unknown, trace: string | undefined): NewMessage => {
  const {
    MessageBody: body,
    MessageGroupId: group,
    MessageDeduplicationId: deduplication,
    DelaySeconds,
  } = read(messageSchema, input);
  if (Buffer.byteLength(body) > MOST_BYTES)
    throw new SqsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${MOST_BYTES} bytes.`,
    );
  return {
    body,
    group,
    deduplication,
    trace,
    ...(DelaySeconds !== undefined && { delayMs: DelaySeconds * 1000 }),
  };
};

/**
 * Of words that were sent before the answer tells of the first message, with the checksum of what
 * was sent now.
 */
function send(queue: Queue, message: NewMessage): object {
  const { id, sequence, group } = queue.send(message);
  return {
    MessageId: id,
    MD5OfMessageBody: md5(message.body),
    ...(group !== undefined && { SequenceNumber: sequence }),
  };
}

/** System attributes, as a receive and Lambda's event source bring them. */
export const systemAttributes = ({
  sentAt,
  receives,
  firstReceivedAt,
  group,
  deduplication,
  sequence,
  trace,
}: Message) => ({
  SenderId: 'AIDAHOST',
  SentTimestamp: String(Math.floor(sentAt)),
  ApproximateReceiveCount: String(receives),
  ApproximateFirstReceiveTimestamp: String(Math.floor(firstReceivedAt ?? sentAt)),
  ...(group !== undefined && {
    MessageGroupId: group,
    MessageDeduplicationId: deduplication ?? '',
    SequenceNumber: sequence,
  }),
  ...(trace !== undefined && { AWSTraceHeader: trace }),
});

export function operations(
  sqs: Sqs,
  clock: Clock,
  all: () => readonly Queue[],
): Readonly<Record<string, Operation>> {
  function queueOf(input: unknown): Queue {
    const queue = sqs.queue(read(byUrl, input).QueueUrl);
    if (queue === undefined)
      throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  }

  /** Each entry for itself: what is wrong with one does not touch the others. */
  function each(input: unknown, act: (queue: Queue, one: unknown) => object | undefined) {
    const queue = queueOf(input);
    const { Entries } = read(batch, input);
    if (Entries.length === 0)
      throw new SqsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
    if (Entries.length > MOST_ENTRIES)
      throw new SqsError(
        'TooManyEntriesInBatchRequest',
        `Maximum number of entries per request are ${MOST_ENTRIES}.`,
      );
    if (new Set(Entries.map(({ Id }) => Id)).size < Entries.length)
      throw new SqsError('BatchEntryIdsNotDistinct', 'Two or more batch entries have the same Id.');
    const bytes = Entries.reduce(
      (sum, one) =>
        sum + Buffer.byteLength(typeof one.MessageBody === 'string' ? one.MessageBody : ''),
      0,
    );
    if (bytes > MOST_BYTES)
      throw new SqsError(
        'BatchRequestTooLong',
        `Batch requests cannot be longer than ${MOST_BYTES} bytes.`,
      );
    const Successful: object[] = [];
    const Failed: object[] = [];
    for (const one of Entries) {
      try {
        Successful.push({ Id: one.Id, ...act(queue, one) });
      } catch (error) {
        if (!(error instanceof SqsError)) throw error;
        Failed.push({
          Id: one.Id,
          SenderFault: true,
          Code: error.queryCode,
          Message: error.message,
        });
      }
    }
    return { Successful, ...(Failed.length > 0 && { Failed }) };
  }

  const remove = (queue: Queue, one: unknown): undefined =>
    queue.delete(read(receiptSchema, one).ReceiptHandle) ?? undefined;
  const hide = (queue: Queue, one: unknown): undefined => {
    const { ReceiptHandle, VisibilityTimeout } = read(visibilitySchema, one);
    queue.changeVisibility(ReceiptHandle, VisibilityTimeout * 1000);
  };

  return {
    CreateQueue(input) {
      const { QueueName, Attributes } = read(
        z.looseObject({
          QueueName: z.string(),
          Attributes: z.record(z.string(), z.string()).default({}),
        }),
        input,
      );
      return { QueueUrl: sqs.urlOf(sqs.create(QueueName, Attributes)) };
    },
    DeleteQueue(input) {
      sqs.remove(queueOf(input).settings.name);
      return {};
    },
    GetQueueUrl(input) {
      const { QueueName } = read(z.looseObject({ QueueName: z.string() }), input);
      return { QueueUrl: sqs.urlOf(queueOf({ QueueUrl: QueueName })) };
    },
    ListQueues: () => ({ QueueUrls: all().map((queue) => sqs.urlOf(queue)) }),
    GetQueueAttributes: (input) => ({ Attributes: shownAttributes(queueOf(input)) }),
    PurgeQueue(input) {
      queueOf(input).purge();
      return {};
    },
    SendMessage: (input, trace) => send(queueOf(input), newMessage(input, trace)),
    SendMessageBatch: (input, trace) =>
      each(input, (queue, one) => send(queue, newMessage(one, trace))),
    async ReceiveMessage(input) {
      const queue = queueOf(input);
      const { MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds } = read(
        receiveSchema,
        input,
      );
      const take = () =>
        queue.receive(
          MaxNumberOfMessages,
          VisibilityTimeout === undefined ? undefined : VisibilityTimeout * 1000,
        );
      let messages = take();
      if (messages.length === 0 && WaitTimeSeconds > 0) {
        await somethingOr(queue, clock, clock.now() + WaitTimeSeconds * 1000, () => {
          messages = take();
          return messages.length > 0;
        });
      }
      if (messages.length === 0) return {};
      return {
        Messages: messages.map((message) => ({
          MessageId: message.id,
          ReceiptHandle: message.receipt,
          Body: message.body,
          MD5OfBody: md5(message.body),
          Attributes: systemAttributes(message),
        })),
      };
    },
    DeleteMessage(input) {
      remove(queueOf(input), input);
      return {};
    },
    DeleteMessageBatch: (input) => each(input, remove),
    ChangeMessageVisibility(input) {
      hide(queueOf(input), input);
      return {};
    },
    ChangeMessageVisibilityBatch: (input) => each(input, hide),
    StartMessageMoveTask(input) {
      const { SourceArn, DestinationArn } = read(
        z.looseObject({ SourceArn: z.string(), DestinationArn: z.string().optional() }),
        input,
      );
      const source = queueOf({ QueueUrl: SourceArn });
      const target =
        DestinationArn === undefined
          ? all().find(({ settings }) => settings.deadLetters === source)
          : queueOf({ QueueUrl: DestinationArn });
      if (target === undefined)
        throw new SqsError(
          'InvalidParameterValue',
          'Source queue must be configured as a Dead Letter Queue.',
        );
      source.redrive(target);
      return { TaskHandle: randomUUID() };
    },
  };
}

/** Resolves when `holds` does after a change of the queue, or at `latest`. */
function somethingOr(
  queue: Queue,
  clock: Clock,
  latest: number,
  holds: () => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stopListening();
      noAlarm();
      resolve();
    };
    const stopListening = queue.onChange(() => {
      if (holds()) done();
    });
    const noAlarm = clock.at(latest, done);
  });
}
