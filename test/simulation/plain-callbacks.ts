/**
 * The outcomes of callbacks in a plain run.
 *
 * @module
 */
import type { ErrorRecord } from '../../src/model/errors.ts';
import type { CallbackOutcome } from '../../src/model/history.ts';

/** The outcome of a callback that threw this error. */
export function failed(kind: CallbackOutcome['kind'], error: ErrorRecord): CallbackOutcome {
  if (kind === 'preExecute') return { kind, launch: true, error };
  if (kind === 'retry') return { kind, retry: false, error };
  return { kind, error };
}

export const invoke = (callback: unknown, ...args: readonly unknown[]): unknown =>
  typeof callback === 'function' ? Reflect.apply(callback, undefined, args) : undefined;

export const recordOf = (error: unknown): ErrorRecord =>
  error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'NonError', message: String(error) };
