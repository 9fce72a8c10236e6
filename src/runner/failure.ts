/**
 * The error of a failed step as a record of bounded size.
 *
 * @module
 */
import { type ErrorRecord, toErrorRecord } from '../model/errors.ts';

const MAX_MESSAGE_LENGTH = 10_000;
const MAX_STACK_LENGTH = 20_000;

export function failureOf(thrown: unknown): ErrorRecord {
  try {
    return truncateRecord(toErrorRecord(thrown));
  } catch (error) {
    // A getter or proxy of the error throws when it is read.
    return {
      name: 'NonError',
      message: `threw something that cannot be inspected (${String(error)})`,
    };
  }
}

const truncateRecord = (record: ErrorRecord): ErrorRecord => ({
  ...record,
  name: truncate(record.name, MAX_MESSAGE_LENGTH),
  message: truncate(record.message, MAX_MESSAGE_LENGTH),
  ...(record.stack === undefined ? {} : { stack: truncate(record.stack, MAX_STACK_LENGTH) }),
  ...(record.cause === undefined ? {} : { cause: truncateRecord(record.cause) }),
});

const truncate = (text: string, length: number): string =>
  text.length > length
    ? `${text.slice(0, length)}… (${text.length - length} characters more)`
    : text;
