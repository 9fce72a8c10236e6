/**
 * The controller's function: handles a batch of transitions of several runs, and reports the
 * messages to redeliver.
 *
 * @module
 */

import { withRemainingTime } from '../../src/aws/lambda/remaining-time.ts';
import {
  batchResponseOf,
  readSqsRecords,
  type SqsBatchResponse,
} from '../../src/aws/lambda/sqs-event.ts';
import { receiveBatch } from '../../src/aws/messages/receive-batch.ts';
import { changeVisibility } from '../../src/aws/messages/redelivery.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';
import { assembleController } from './assemble.ts';

const { sqs, queueUrl, secret, handle, defer } = await assembleController();

/** A turn drains for up to 40 s, and then writes. */
const MAX_TURN_MS = 45_000;

export async function handler(
  event: unknown,
  context?: { getRemainingTimeInMillis(): number },
): Promise<SqsBatchResponse> {
  const records = readSqsRecords(event) ?? [];
  const messages = records.map(({ messageId, body, attributes }) => ({
    id: messageId,
    body,
    group: attributes.MessageGroupId,
    receives: attributes.ApproximateReceiveCount,
  }));
  const remainingMs = () => context?.getRemainingTimeInMillis() ?? Number.POSITIVE_INFINITY;
  const hasTime = () => remainingMs() > MAX_TURN_MS;
  const failed = await withRemainingTime(remainingMs, () =>
    receiveBatch(messages, { secret, log, handle, defer, hasTime }),
  );
  const reasons = new Map(failed.map(({ id, isTemporary }) => [id, isTemporary]));
  const failedRecords = records.flatMap((record) => {
    const isTemporary = reasons.get(record.messageId);
    return isTemporary === undefined ? [] : [{ record, isTemporary }];
  });
  await changeVisibility(sqs, queueUrl, failedRecords, log);
  return batchResponseOf(failed.map(({ id }) => id));
}
