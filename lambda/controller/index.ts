/**
 * The controller's function: a batch of transitions of several runs in, the ones to be received again out.
 *
 * @module
 */
import { consoleLog as log } from '../../src/aws/log.ts';
import { once } from '../../src/aws/once.ts';
import { receiveSoon } from '../../src/aws/patience.ts';
import { receive } from '../../src/aws/receive.ts';
import { type BatchResponse, failuresOf, sqsRecords } from '../../src/aws/sqs-event.ts';
import { assemble } from './assemble.ts';

const assembled = once(assemble);

/** A turn drains for 40 s at the most, and then writes. */
const TURN_MILLISECONDS = 45_000;

export async function handler(event: unknown, context?: { getRemainingTimeInMillis(): number }): Promise<BatchResponse> {
  const { sqs, queueUrl, secret, handle } = await assembled();
  const records = sqsRecords(event) ?? [];
  const messages = records.map(({ messageId, body, attributes }) => ({
    id: messageId,
    body,
    group: attributes.MessageGroupId,
    receives: attributes.ApproximateReceiveCount,
  }));
  const hasTime = () => context === undefined || context.getRemainingTimeInMillis() > TURN_MILLISECONDS;
  const failed = new Set(await receive(messages, { secret, log, handle, hasTime }));
  await receiveSoon(
    sqs,
    queueUrl,
    records.filter(({ messageId }) => failed.has(messageId)),
    log,
  );
  return failuresOf([...failed]);
}
