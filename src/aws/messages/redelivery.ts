/**
 * Decides when messages that were not handled are received again. Without a decision it is at the end
 * of their visibility timeout, which is long enough for a turn that crashed.
 *
 * 1. A message that fails is received again soon, and with each failure later.
 * 2. A message that failed for long is received again at once, until the queue moves it to the dead
 *    letters: it blocks its run no longer than necessary.
 * 3. A message whose handling met a refusal that passes waits longer, so that its receives last for
 *    hours. So do those that no controller handled, because it was throttled or did not start: then
 *    the visibility timeout holds.
 *
 * @module
 */
import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SqsRecord } from '../lambda/sqs-event.ts';
import { errorData, type Log } from '../observability/log.ts';

export interface FailedRecord {
  readonly record: SqsRecord;
  /** Only the moment explains why it was not handled (3). */
  readonly isTemporary: boolean;
}

/** Receives after which a message that fails is given up (2). */
const MAX_FAILURES = 10;
const LAST_RECEIVES_SECONDS = 2;
const MAX_FAILURE_SECONDS = 120;
const MAX_TEMPORARY_SECONDS = 600;
const MAX_BATCH_ENTRIES = 10;

/** The seconds until messages of a run are received again, after so many receives. */
export function visibilitySeconds(receives: number, isTemporary: boolean): number {
  const doubled = 2 ** (receives - 1);
  if (isTemporary) return Math.min(MAX_TEMPORARY_SECONDS, doubled);
  return receives < MAX_FAILURES ? Math.min(MAX_FAILURE_SECONDS, doubled) : LAST_RECEIVES_SECONDS;
}

/** The time is the same for all messages of a run, so that their order is preserved. */
export async function changeVisibility(
  client: SQSClient,
  queueUrl: string,
  failed: readonly FailedRecord[],
  log: Log,
): Promise<void> {
  const groups = new Map<string, { readonly receives: number; readonly isTemporary: boolean }>();
  for (const { record, isTemporary } of failed) {
    const { MessageGroupId: group, ApproximateReceiveCount: receives } = record.attributes;
    const known = groups.get(group);
    groups.set(group, {
      receives: Math.max(known?.receives ?? 0, receives),
      isTemporary: isTemporary && (known?.isTemporary ?? true),
    });
  }
  const secondsOf = (group: string): number => {
    const { receives, isTemporary } = groups.get(group) ?? { receives: 1, isTemporary: false };
    return visibilitySeconds(receives, isTemporary);
  };
  for (let first = 0; first < failed.length; first += MAX_BATCH_ENTRIES) {
    const entries = failed
      .slice(first, first + MAX_BATCH_ENTRIES)
      .map(({ record: { receiptHandle, attributes } }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: secondsOf(attributes.MessageGroupId),
      }));
    try {
      await client.send(
        new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
      );
    } catch (error) {
      log.warn('visibility not changed', errorData(error));
    }
  }
}
