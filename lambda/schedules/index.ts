/**
 * The function that fires schedules: handles messages about occurrences from a queue.
 *
 * @module
 */
import { receiveFiring } from '../../src/api/schedule-receiver.ts';
import {
  batchResponseOf,
  readSqsRecords,
  type SqsBatchResponse,
} from '../../src/aws/lambda/sqs-event.ts';
import { readFiringMessage } from '../../src/aws/messages/firing-messages.ts';
import { errorData, consoleLog as log } from '../../src/aws/observability/log.ts';
import { assembleReceiver } from './assemble.ts';

const ports = await assembleReceiver();

/** A message that fails is delivered again; the others of its batch are not. */
export async function handler(event: unknown): Promise<SqsBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of readSqsRecords(event) ?? [])
    try {
      await receiveFiring(ports, readFiringMessage(body));
    } catch (error) {
      log.error('message not handled', { message: messageId, ...errorData(error) });
      failed.push(messageId);
    }
  return batchResponseOf(failed);
}
