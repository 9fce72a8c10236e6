/**
 * The queues of a deployment with the attributes that the stack gives them, for tests that have no
 * stack.
 *
 * @module
 */
import {
  MESSAGE_QUEUES,
  type MessageQueue,
  visibilityTimeoutSeconds,
} from '../../../src/aws/deployment/message-queues.ts';

/** The name of the queue in SQS, without the deployment's prefix. */
export const queueName = ({ name, fifo }: MessageQueue): string => (fifo ? `${name}.fifo` : name);

/** Attributes in the form of `CreateQueue`. `arnOf` is called for the dead-letter queue. */
export function queueAttributes(
  queue: MessageQueue,
  arnOf: (queue: MessageQueue) => string,
  maxReceives: number | null = queue.maxReceives,
): Readonly<Record<string, string>> {
  const { fifo, consumer, deadLetterQueue } = queue;
  const visibility = visibilityTimeoutSeconds(queue);
  const target = MESSAGE_QUEUES.find(({ name }) => name === deadLetterQueue);
  return {
    ...(fifo && { FifoQueue: 'true' }),
    ...(fifo &&
      consumer !== null && {
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      }),
    ...(visibility !== undefined && { VisibilityTimeout: String(visibility) }),
    ...(target !== undefined && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: arnOf(target),
        maxReceiveCount: maxReceives,
      }),
    }),
  };
}
