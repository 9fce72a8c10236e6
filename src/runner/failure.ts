/**
 * What made a step fail, as a record of bounded size.
 *
 * @module
 */
import { type ErrorRecord, toErrorRecord } from '../model/errors.ts';

const MESSAGE_CHARACTERS = 10_000;
const STACK_CHARACTERS = 20_000;

export function failureOf(thrown: unknown): ErrorRecord {
  try {
    return bounded(toErrorRecord(thrown));
  } catch (error) {
    // A getter or proxy that throws when it is looked at.
    return {
      name: 'NonError',
      message: `threw something that cannot be looked at (${String(error)})`,
    };
  }
}

const bounded = (record: ErrorRecord): ErrorRecord => ({
  ...record,
  name: cut(record.name, MESSAGE_CHARACTERS),
  message: cut(record.message, MESSAGE_CHARACTERS),
  ...(record.stack === undefined ? {} : { stack: cut(record.stack, STACK_CHARACTERS) }),
  ...(record.cause === undefined ? {} : { cause: bounded(record.cause) }),
});

const cut = (text: string, length: number): string =>
  text.length > length
    ? `${text.slice(0, length)}… (${text.length - length} characters more)`
    : text;
