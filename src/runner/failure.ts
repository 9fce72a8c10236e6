/**
 * The error of a failed step as a record.
 *
 * @module
 */
import { type ErrorRecord, toErrorRecord } from '../model/errors.ts';

export function failureOf(thrown: unknown): ErrorRecord {
  try {
    return toErrorRecord(thrown);
  } catch (error) {
    // A getter or proxy of the error throws when it is read.
    return toErrorRecord({
      name: 'NonError',
      message: `threw something that cannot be inspected (${String(error)})`,
    });
  }
}
