/**
 * The attributes of a queue: as strings of the API, and as settings of the emulated queue.
 *
 * @module
 */
import { z } from 'zod';
import { SqsError } from './errors.ts';
import type { Queue, QueueSettings } from './queue.ts';

const seconds = (maximum: number) => z.coerce.number().int().min(0).max(maximum);

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
export function attributesOf(input: unknown): Attributes {
  const parsed = attributesSchema.safeParse(input);
  if (!parsed.success) throw new SqsError('InvalidParameterValue', z.prettifyError(parsed.error));
  if (
    parsed.data.FifoThroughputLimit === 'perMessageGroupId' &&
    parsed.data.DeduplicationScope !== 'messageGroup'
  ) {
    throw new SqsError(
      'InvalidParameterValue',
      'FifoThroughputLimit perMessageGroupId needs DeduplicationScope messageGroup',
    );
  }
  return parsed.data;
}

/** @throws SqsError if the dead-letter queue does not exist or has the other type */
export function readAttributes(
  identity: Pick<QueueSettings, 'name' | 'arn'>,
  attributes: Attributes,
  find: (arn: string) => Queue | undefined,
): QueueSettings {
  const fifo = attributes.FifoQueue === 'true';
  if (fifo !== identity.name.endsWith('.fifo'))
    throw new SqsError(
      'InvalidParameterValue',
      'The name of a FIFO queue, and no other, ends with .fifo',
    );
  const policy = attributes.RedrivePolicy;
  const deadLetters = policy === undefined ? undefined : find(policy.deadLetterTargetArn);
  if (policy !== undefined && deadLetters?.settings.fifo !== fifo) {
    throw new SqsError(
      'InvalidParameterValue',
      `there is no dead-letter queue of this type: ${policy.deadLetterTargetArn}`,
    );
  }
  return {
    ...identity,
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

/** Returns the attributes of the response of `GetQueueAttributes`. */
export function attributesResponse({ settings, counts }: Queue): Readonly<Record<string, string>> {
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
