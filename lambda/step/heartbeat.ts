/**
 * Keeps the message of a running attempt invisible, so that it is delivered again soon after its
 * function died, and not before.
 *
 * A message is first invisible for the whole limit of its function. A short step ends before the
 * first request of the heartbeat, which therefore costs it nothing.
 *
 * @module
 */
import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SqsRecord } from '../../src/aws/lambda/sqs-event.ts';
import { errorData, consoleLog as log } from '../../src/aws/observability/log.ts';

export interface Heartbeat {
  /** The message is delivered again after so many seconds, if it is not deleted before. */
  setVisibility(seconds: number): Promise<void>;
  stop(): void;
}

const FIRST_BEAT_MS = 10_000;
const INTERVAL_MS = 30_000;
/** Two beats may fail. */
const VISIBILITY_SECONDS = 100;
/**
 * Lambda holds a message while its function is throttled: part of the first invisibility is over
 * when the function starts.
 */
const MAX_HELD_MS = 20_000;

export interface MessageQueue {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
}

/** Makes the message visible again after so many seconds. A failure is logged only. */
export async function changeVisibility(
  { sqs, queueUrl }: MessageQueue,
  { receiptHandle }: Pick<SqsRecord, 'receiptHandle'>,
  seconds: number,
): Promise<void> {
  try {
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  } catch (error) {
    log.warn('heartbeat failed', errorData(error));
  }
}

export function startHeartbeat(queue: MessageQueue, record: SqsRecord): Heartbeat {
  const { ApproximateFirstReceiveTimestamp: receivedAt } = record.attributes;
  const setVisibility = (seconds: number) => changeVisibility(queue, record, seconds);
  const beat = () => {
    timer = setTimeout(beat, INTERVAL_MS);
    void setVisibility(VISIBILITY_SECONDS);
  };
  const wasHeld = receivedAt !== undefined && Date.now() - receivedAt > MAX_HELD_MS;
  let timer = setTimeout(beat, wasHeld ? 0 : FIRST_BEAT_MS);
  return { setVisibility, stop: () => clearTimeout(timer) };
}
