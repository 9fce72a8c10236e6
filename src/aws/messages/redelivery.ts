/**
 * Redelivers failed messages soon, instead of at the end of their visibility timeout, which is long
 * enough for a turn that crashed.
 *
 * @module
 */
import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SqsRecord } from '../lambda/sqs-event.ts';
import { errorData, type Log } from '../observability/log.ts';

const MAX_VISIBILITY_SECONDS = 120;
const MAX_BATCH_ENTRIES = 10;

/**
 * The delay doubles with each failure. It is the same for all messages of a run, so that their
 * order is preserved.
 */
export async function shortenVisibility(
  client: SQSClient,
  queueUrl: string,
  failed: readonly SqsRecord[],
  log: Log,
): Promise<void> {
  const receives = new Map<string, number>();
  for (const { attributes } of failed) {
    receives.set(
      attributes.MessageGroupId,
      Math.max(receives.get(attributes.MessageGroupId) ?? 0, attributes.ApproximateReceiveCount),
    );
  }
  for (let first = 0; first < failed.length; first += MAX_BATCH_ENTRIES) {
    const entries = failed
      .slice(first, first + MAX_BATCH_ENTRIES)
      .map(({ receiptHandle, attributes }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: Math.min(
          MAX_VISIBILITY_SECONDS,
          2 ** ((receives.get(attributes.MessageGroupId) ?? 1) - 1),
        ),
      }));
    try {
      await client.send(
        new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
      );
    } catch (error) {
      log.warn('visibility not shortened', errorData(error));
    }
  }
}
