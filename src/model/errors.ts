/**
 * Errors as data, for records and messages, and the base class of the errors that Headrace throws.
 *
 * @module
 */
import { z } from 'zod';
import {
  MAX_ERROR_CAUSES,
  MAX_ERROR_MESSAGE_LENGTH,
  MAX_ERROR_NAME_LENGTH,
  MAX_ERROR_STACK_LENGTH,
} from './limits.ts';
import { truncate } from './truncate.ts';

export { HeadraceError } from './headrace-error.ts';

/**
 * An error as data. `name` is the name of its class, `step` the step that it belongs to, if any.
 */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly step?: string | undefined;
  readonly cause?: ErrorRecord | undefined;
}

export const errorRecordSchema: z.ZodType<ErrorRecord> = z
  .lazy(() =>
    z.strictObject({
      name: z.string(),
      message: z.string(),
      stack: z.string().optional(),
      step: z.string().optional(),
      cause: errorRecordSchema.optional(),
    }),
  )
  .meta({ id: 'ErrorRecord', description: 'An error on record; `cause` is the one behind it.' });

/**
 * A thrown value as data of bounded size. A value that is not an Error becomes `{ name: 'NonError', message: 'threw
 * 42, which is not an Error' }`.
 */
export function toErrorRecord(thrown: unknown, depth = 0): ErrorRecord {
  if (!isErrorLike(thrown))
    return { name: 'NonError', message: `threw ${describe(thrown)}, which is not an Error` };
  return {
    name: truncate(textOf(thrown.name || 'Error'), MAX_ERROR_NAME_LENGTH),
    message: truncate(textOf(thrown.message), MAX_ERROR_MESSAGE_LENGTH),
    ...(typeof thrown.stack === 'string'
      ? { stack: truncate(thrown.stack, MAX_ERROR_STACK_LENGTH) }
      : {}),
    ...(thrown.cause !== undefined && depth < MAX_ERROR_CAUSES
      ? { cause: toErrorRecord(thrown.cause, depth + 1) }
      : {}),
  };
}

interface ErrorLike {
  readonly name: unknown;
  readonly message: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
}

/** Checks the shape instead of the class, because an error may belong to another realm. */
function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}

const MAX_DESCRIPTION_LENGTH = 200;

/** An object has a text of its own class, or none. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** Texts and data as JSON, other values by `String`. */
function describe(value: unknown): string {
  try {
    const text = typeof value === 'string' || isData(value) ? JSON.stringify(value) : String(value);
    return text.length > MAX_DESCRIPTION_LENGTH
      ? `${text.slice(0, MAX_DESCRIPTION_LENGTH)}…`
      : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}

const isData = (value: unknown): boolean =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && String(value) === '[object Object]');
