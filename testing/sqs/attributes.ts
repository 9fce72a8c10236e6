/**
 * A queue's attributes, as texts of the API and as what a queue works by.
 *
 * @module
 */
import { z } from 'zod';
import { SqsError } from './errors.ts';
import type { Queue, QueueSettings } from './queue.ts';

const seconds = (most: number) => z.coerce.number().int().min(0).max(most);

const attributesSchema = z.looseObject({
  FifoQueue: z.enum(['true', 'false']).default('false'),
  DeduplicationScope: z.enum(['queue', 'messageGroup']).default('queue'),
  FifoThroughputLimit: z.enum(['perQueue', 'perMessageGroupId']).default('perQueue'),
  ContentBasedDeduplication: z.enum(['true', 'false']).default('false'),
  VisibilityTimeout: seconds(43_200).default(30),
  DelaySeconds: seconds(900).default(0),
  MessageRetentionPeriod: seconds(1_209_600).default(345_600),
  RedrivePolicy: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(
      z.looseObject({
        deadLetterTargetArn: z.string(),
        maxReceiveCount: z.coerce.number().int().min(1).max(1000),
      }),
    )
    .optional(),
});
type Attributes = z.infer<typeof attributesSchema>;

/** @throws SqsError */
export function attributesOf(given: unknown): Attributes {
  const read = attributesSchema.safeParse(given);
  if (!read.success) throw new SqsError('InvalidParameterValue', z.prettifyError(read.error));
  if (
    read.data.FifoThroughputLimit === 'perMessageGroupId' &&
    read.data.DeduplicationScope !== 'messageGroup'
  ) {
    throw new SqsError(
      'InvalidParameterValue',
      'FifoThroughputLimit perMessageGroupId needs DeduplicationScope messageGroup',
    );
  }
  return read.data;
}

/** @throws SqsError if the queue of dead letters is not there, or of the other type */
export function readAttributes(
  named: Pick<QueueSettings, 'name' | 'arn'>,
  attributes: Attributes,
  find: (arn: string) => Queue | undefined,
): QueueSettings {
  const fifo = attributes.FifoQueue === 'true';
  if (fifo !== named.name.endsWith('.fifo'))
    throw new SqsError(
      'InvalidParameterValue',
      'The name of a FIFO queue, and no other, ends with .fifo',
    );
  const policy = attributes.RedrivePolicy;
  const deadLetters = policy === undefined ? undefined : find(policy.deadLetterTargetArn);
  if (policy !== undefined && deadLetters?.settings.fifo !== fifo) {
    throw new SqsError(
      'InvalidParameterValue',
      `there is no queue of this type for dead letters: ${policy.deadLetterTargetArn}`,
    );
  }
  return {
    ...named,
    fifo,
    deduplicationScope: attributes.DeduplicationScope,
    contentBasedDeduplication: attributes.ContentBasedDeduplication === 'true',
    visibilityMs: attributes.VisibilityTimeout * 1000,
    delayMs: attributes.DelaySeconds * 1000,
    retentionMs: attributes.MessageRetentionPeriod * 1000,
    maxReceiveCount: policy?.maxReceiveCount ?? Number.POSITIVE_INFINITY,
    deadLetters,
  };
}

/** As `GetQueueAttributes` answers. */
export function shownAttributes({ settings, counts }: Queue): Readonly<Record<string, string>> {
  const {
    arn,
    fifo,
    visibilityMs,
    delayMs,
    retentionMs,
    deadLetters,
    maxReceiveCount,
    deduplicationScope,
    contentBasedDeduplication,
  } = settings;
  return {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    VisibilityTimeout: String(visibilityMs / 1000),
    DelaySeconds: String(delayMs / 1000),
    MessageRetentionPeriod: String(retentionMs / 1000),
    ...(fifo && {
      FifoQueue: 'true',
      DeduplicationScope: deduplicationScope,
      ContentBasedDeduplication: String(contentBasedDeduplication),
    }),
    ...(deadLetters !== undefined && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: deadLetters.settings.arn,
        maxReceiveCount,
      }),
    }),
  };
}
