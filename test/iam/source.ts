/**
 * An event source of SQS as Lambda has it: takes messages under the role of the function, hands them to it, removes those that it did not name as failed.
 *
 * One batch at a time: what counts here is under whose permissions it happens.
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
}

const answerSchema = z.looseObject({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })),
});
const VISIBILITY_SECONDS = 10;

export interface Source {
  /** Rejects when it cannot go on. */
  readonly running: Promise<void>;
  stop(): Promise<void>;
}

export function startSource({
  endpoint,
  region,
  credentials,
  queueUrl,
  target,
}: SourceOptions): Source {
  const client = new SQSClient({ endpoint, region, credentials });
  const stopped = new AbortController();

  async function turn(): Promise<void> {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
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
        .batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    );
    const done = Messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
    if (done.length === 0) return;
    const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }

  const running = (async () => {
    // Lambda looks at how much waits, to know how many instances it needs.
    await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    while (!stopped.signal.aborted) {
      await turn().catch((error: unknown) => {
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
