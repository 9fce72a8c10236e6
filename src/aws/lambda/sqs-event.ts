/**
 * The events of an SQS event source, and the response that Lambda expects.
 *
 * @module
 */
import { z } from 'zod';

const recordSchema = z.looseObject({
  messageId: z.string(),
  receiptHandle: z.string(),
  body: z.string(),
  attributes: z.looseObject({
    ApproximateReceiveCount: z.coerce.number().default(1),
    /** Milliseconds since the epoch. */
    ApproximateFirstReceiveTimestamp: z.coerce.number().optional(),
    MessageGroupId: z.string().default(''),
  }),
});
const eventSchema = z.looseObject({ Records: z.array(recordSchema) });

export type SqsRecord = z.infer<typeof recordSchema>;

export interface SqsBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The records of the event; undefined if it comes from another source. */
export function readSqsRecords(event: unknown): readonly SqsRecord[] | undefined {
  const read = eventSchema.safeParse(event);
  return read.success ? read.data.Records : undefined;
}

export const batchResponseOf = (ids: readonly string[]): SqsBatchResponse => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});
