/**
 * Converts errors between the context and the records.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import { HeadraceError } from '../../model/headrace-error.ts';
import {
  MAX_ERROR_CAUSES,
  MAX_ERROR_MESSAGE_LENGTH,
  MAX_ERROR_NAME_LENGTH,
  MAX_ERROR_STACK_LENGTH,
} from '../../model/limits.ts';
import { inspect } from './inspect.ts';
import { withAdvice } from './unavailable-globals.ts';

/** A thrown value as data. Never throws. */
export function recordOfThrown(thrown: unknown, depth = 0): ErrorRecord {
  try {
    return readError(thrown, depth);
  } catch {
    return { name: 'Error', message: 'an error was thrown that cannot be read' };
  }
}

function readError(thrown: unknown, depth: number): ErrorRecord {
  if (
    typeof thrown !== 'object' ||
    thrown === null ||
    !('message' in thrown) ||
    !('name' in thrown)
  ) {
    return {
      name: 'NonError',
      message: `threw ${inspect(typeof thrown === 'string' ? JSON.stringify(thrown) : thrown)}, which is not an Error`,
    };
  }
  const name = String(thrown.name || 'Error').slice(0, MAX_ERROR_NAME_LENGTH);
  const message = withAdvice(name, String(thrown.message)).slice(0, MAX_ERROR_MESSAGE_LENGTH);
  const stack: unknown = Reflect.get(thrown, 'stack');
  const cause = causeOf(thrown);
  const step: unknown = thrown instanceof HeadraceError ? Reflect.get(thrown, 'step') : undefined;
  return {
    name,
    message,
    ...(typeof stack === 'string' && stack !== ''
      ? { stack: stack.slice(0, MAX_ERROR_STACK_LENGTH) }
      : {}),
    ...(typeof step === 'string' ? { step } : {}),
    ...(cause !== undefined && depth < MAX_ERROR_CAUSES
      ? { cause: recordOfThrown(cause, depth + 1) }
      : {}),
  };
}

/** The cause of an error. For an AggregateError, as of `Promise.any`, its first error. */
function causeOf(thrown: object): unknown {
  const cause: unknown = Reflect.get(thrown, 'cause');
  if (cause !== undefined) return cause;
  const errors: unknown = thrown instanceof AggregateError ? thrown.errors : undefined;
  return Array.isArray(errors) ? errors[0] : undefined;
}

/** A recorded error as an Error of this realm, with its name and stack. */
export function errorFromRecord(record: ErrorRecord): Error {
  const error =
    record.cause === undefined
      ? new Error(record.message)
      : new Error(record.message, { cause: errorFromRecord(record.cause) });
  Object.defineProperty(error, 'name', { value: record.name, writable: true, configurable: true });
  Object.defineProperty(error, 'stack', {
    value: record.stack ?? `${record.name}: ${record.message}`,
    writable: true,
    configurable: true,
  });
  return error;
}
