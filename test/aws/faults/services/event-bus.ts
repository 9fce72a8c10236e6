/**
 * `PutEvents` of EventBridge: the bus accepts every request within its limits, and has no rules.
 *
 * @module
 */
import { z } from 'zod';
import { type Answer, failed, json } from './answer.ts';

const requestSchema = z.looseObject({
  Entries: z.array(
    z.looseObject({
      Time: z.number().optional(),
      Source: z.string(),
      DetailType: z.string(),
      Detail: z.string(),
    }),
  ),
});

const MAX_ENTRIES = 10;
const MAX_REQUEST_BYTES = 256 * 1024;
/** What the bus counts for the time of an entry. */
const TIME_BYTES = 14;

export function putEvents(body: Buffer): Answer {
  const { Entries } = requestSchema.parse(JSON.parse(body.toString()));
  const bytes = Entries.reduce(
    (sum, { Time, Source, DetailType, Detail }) =>
      sum + (Time === undefined ? 0 : TIME_BYTES) + Buffer.byteLength(Source + DetailType + Detail),
    0,
  );
  if (Entries.length > MAX_ENTRIES || bytes > MAX_REQUEST_BYTES)
    return failed('events', 400, 'ValidationException', 'Total size of the entries is over limit.');
  return json({
    FailedEntryCount: 0,
    Entries: Entries.map((_, index) => ({ EventId: String(index) })),
  });
}
