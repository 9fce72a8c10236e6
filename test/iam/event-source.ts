/**
 * An SQS event source as in Lambda: receives messages under the role of the function, invokes it,
 * and deletes the messages that it did not report as failed.
 *
 * It handles one batch at a time. The tests need the permissions of its requests, not its
 * throughput.
 *
 * @module
 */
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { Credentials } from './account.ts';
import type { RunningFunction } from './functions.ts';

export interface SourceOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly queueUrl: string;
  readonly target: RunningFunction;
  /** Default: 10. */
  readonly batchSize?: number;
}

/** Of a function that reports failed messages; the other ones return nothing. */
const answerSchema = z
  .looseObject({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) })
  .nullable();
const VISIBILITY_SECONDS = 10;

export interface Source {
  /** Rejects if the source cannot continue. */
  readonly running: Promise<void>;
  stop(): Promise<void>;
}

export function startSource({
  endpoint,
  region,
  credentials,
  queueUrl,
  target,
  batchSize = 10,
}: SourceOptions): Source {
  const client = new SQSClient({ endpoint, region, credentials });
  const stopped = new AbortController();

  async function handleBatch(): Promise<void> {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: batchSize,
        WaitTimeSeconds: 1,
        VisibilityTimeout: VISIBILITY_SECONDS,
        MessageSystemAttributeNames: ['All'],
      }),
      { abortSignal: stopped.signal },
    );
    if (Messages.length === 0) return;
    const Records = Messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: { ...Attributes },
      eventSource: 'aws:sqs',
    }));
    const failed = new Set(
      answerSchema
        .parse(await target.invoke({ Records }))
        ?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    );
    const handled = Messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
    if (handled.length === 0) return;
    const Entries = handled.map(({ ReceiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle,
    }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }

  const running = (async () => {
    // Lambda reads the number of waiting messages, to choose the number of instances.
    await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    while (!stopped.signal.aborted) {
      await handleBatch().catch((error: unknown) => {
        if (!stopped.signal.aborted) throw error;
      });
    }
  })();
  const stop = async (): Promise<void> => {
    stopped.abort();
    await running.catch(() => undefined);
    client.destroy();
  };
  return { running, stop };
}
