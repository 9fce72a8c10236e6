/**
 * A FIFO queue on an emulator, and readers that behave like Lambda's event source: batches of ten,
 * and partial failures.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type ReceivedMessage, receiveBatch } from '../../../src/aws/messages/receive-batch.ts';
import {
  createSqsTransitions,
  type SqsTransitions,
} from '../../../src/aws/messages/transition-queue.ts';
import type { Log } from '../../../src/aws/observability/log.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';

export type Handle = (run: RunId, batch: readonly Transition[]) => Promise<void>;

export interface QueueUnderTest {
  readonly client: SQSClient;
  readonly url: string;
  readonly secret: Buffer;
  readonly transitions: SqsTransitions;
  /** Delivers to `handle` until `close`: several batches in parallel, one per run at a time. */
  deliverTo(handle: Handle): void;
  close(): Promise<void>;
}

const PARALLEL_READERS = 4;

export const silentLog: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export const receivedFrom = (message: Message): ReceivedMessage => ({
  id: message.MessageId ?? '',
  body: message.Body ?? '',
  group: message.Attributes?.MessageGroupId ?? '',
  receives: Number(message.Attributes?.ApproximateReceiveCount ?? '1'),
});

export async function aQueue(emulator: Emulator): Promise<QueueUnderTest> {
  const client = new SQSClient(clientOptions(emulator));
  const { QueueUrl: url = '' } = await client.send(
    new CreateQueueCommand({
      QueueName: `transitions-${randomUUID()}.fifo`,
      Attributes: {
        FifoQueue: 'true',
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      },
    }),
  );
  const secret = randomBytes(32);
  const stopped = new AbortController();
  const readers: Promise<void>[] = [];

  async function read(handle: Handle): Promise<void> {
    while (!stopped.signal.aborted) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['All'],
        }),
        { abortSignal: stopped.signal },
      );
      if (Messages.length === 0) continue;
      const failures = await receiveBatch(Messages.map(receivedFrom), {
        secret,
        handle,
        log: silentLog,
      });
      const failed = new Set(failures.map(({ id }) => id));
      const done = Messages.filter(({ MessageId }) => !failed.has(MessageId ?? ''));
      const entries = done.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
      }));
      if (entries.length > 0)
        await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entries }));
      for (const { MessageId, ReceiptHandle } of Messages) {
        if (failed.has(MessageId ?? ''))
          await client.send(
            new ChangeMessageVisibilityCommand({
              QueueUrl: url,
              ReceiptHandle,
              VisibilityTimeout: 0,
            }),
          );
      }
    }
  }

  return {
    client,
    url,
    secret,
    transitions: createSqsTransitions({ client, queueUrl: url, secret }),
    deliverTo(handle) {
      for (let n = 0; n < PARALLEL_READERS; n += 1) {
        readers.push(
          read(handle).catch((error: unknown) => {
            if (!stopped.signal.aborted) throw error;
          }),
        );
      }
    },
    async close() {
      stopped.abort();
      await Promise.all(readers);
      await client.send(new DeleteQueueCommand({ QueueUrl: url }));
      client.destroy();
    },
  };
}
