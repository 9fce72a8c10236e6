/**
 * The operations of SQS that Headrace and its tests use. Each maps the JSON of a request to that of
 * its response.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock/skippable-clock.ts';
import { attributesResponse } from './attributes.ts';
import { SqsError } from './errors.ts';
import { type Message, md5, type NewMessage, type Queue } from './queue.ts';
import type { Sqs } from './sqs.ts';

type Operation = (input: unknown, trace: string | undefined) => object | Promise<object>;

const MAX_MESSAGE_BYTES = 2 ** 20;
const MAX_BATCH_ENTRIES = 10;

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

/** @throws SqsError if the request is invalid */
function parse<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
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
  } = parse(messageSchema, input);
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES)
    throw new SqsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`,
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
 * Sends a message. The response to a duplicate has the id of the first message and the checksum of
 * the duplicate.
 */
function send(queue: Queue, message: NewMessage): object {
  const { id, sequence, group } = queue.send(message);
  return {
    MessageId: id,
    MD5OfMessageBody: md5(message.body),
    ...(group !== undefined && { SequenceNumber: sequence }),
  };
}

/** System attributes of a message, in a receive and in an event of Lambda's event source. */
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
    const queue = sqs.queue(parse(byUrl, input).QueueUrl);
    if (queue === undefined)
      throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  }

  /** Handles each entry of a batch separately: a failed entry does not affect the others. */
  function each(input: unknown, act: (queue: Queue, one: unknown) => object | undefined) {
    const queue = queueOf(input);
    const { Entries } = parse(batch, input);
    if (Entries.length === 0)
      throw new SqsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
    if (Entries.length > MAX_BATCH_ENTRIES)
      throw new SqsError(
        'TooManyEntriesInBatchRequest',
        `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}.`,
      );
    if (new Set(Entries.map(({ Id }) => Id)).size < Entries.length)
      throw new SqsError('BatchEntryIdsNotDistinct', 'Two or more batch entries have the same Id.');
    const bytes = Entries.reduce(
      (sum, one) =>
        sum + Buffer.byteLength(typeof one.MessageBody === 'string' ? one.MessageBody : ''),
      0,
    );
    if (bytes > MAX_MESSAGE_BYTES)
      throw new SqsError(
        'BatchRequestTooLong',
        `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes.`,
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
    queue.delete(parse(receiptSchema, one).ReceiptHandle) ?? undefined;
  const hide = (queue: Queue, one: unknown): undefined => {
    const { ReceiptHandle, VisibilityTimeout } = parse(visibilitySchema, one);
    queue.changeVisibility(ReceiptHandle, VisibilityTimeout * 1000);
  };

  return {
    CreateQueue(input) {
      const { QueueName, Attributes } = parse(
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
      const { QueueName } = parse(z.looseObject({ QueueName: z.string() }), input);
      return { QueueUrl: sqs.urlOf(queueOf({ QueueUrl: QueueName })) };
    },
    ListQueues: () => ({ QueueUrls: all().map((queue) => sqs.urlOf(queue)) }),
    GetQueueAttributes: (input) => ({ Attributes: attributesResponse(queueOf(input)) }),
    PurgeQueue(input) {
      queueOf(input).purge();
      return {};
    },
    SendMessage: (input, trace) => send(queueOf(input), newMessage(input, trace)),
    SendMessageBatch: (input, trace) =>
      each(input, (queue, one) => send(queue, newMessage(one, trace))),
    async ReceiveMessage(input) {
      const queue = queueOf(input);
      const { MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds } = parse(
        receiveSchema,
        input,
      );
      const receive = () =>
        queue.receive(
          MaxNumberOfMessages,
          VisibilityTimeout === undefined ? undefined : VisibilityTimeout * 1000,
        );
      let messages = receive();
      if (messages.length === 0 && WaitTimeSeconds > 0) {
        await waitForChange(queue, clock, clock.now() + WaitTimeSeconds * 1000, () => {
          messages = receive();
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
      const { SourceArn, DestinationArn } = parse(
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

/** Resolves when `holds` returns true after a change of the queue, or at `latest`. */
function waitForChange(
  queue: Queue,
  clock: Clock,
  latest: number,
  holds: () => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      removeListener();
      cancelTimeout();
      resolve();
    };
    const removeListener = queue.onChange(() => {
      if (holds()) done();
    });
    const cancelTimeout = clock.at(latest, done);
  });
}
