/**
 * The time that is left to the invocation that handles a request.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<() => number>();

/** @param remainingMs returns the milliseconds until Lambda stops the invocation */
export const withRemainingTime = <T>(
  remainingMs: () => number,
  action: () => Promise<T>,
): Promise<T> => current.run(remainingMs, action);

/** Unlimited outside of an invocation. */
export const remainingTimeMs = (): number => current.getStore()?.() ?? Number.POSITIVE_INFINITY;
