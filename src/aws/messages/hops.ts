/**
 * Counts the consecutive messages that the controller sends to itself. Lambda's own protection
 * against loops is disabled, because a long drain is such a loop. This count replaces it.
 *
 * A turn has the count of the message that started it. The messages that it sends have one more.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * A run that exceeds the limit continues with its next sweep, from 0. An endless loop therefore
 * costs at most this many turns in the interval of a sweep.
 */
export const MAX_HOPS = 1000;

const current = new AsyncLocalStorage<number>();

export const withHops = <T>(hops: number, action: () => Promise<T>): Promise<T> =>
  current.run(hops, action);

/** The count of a message that is sent now. */
export const nextHops = (): number => {
  const hops = current.getStore();
  return hops === undefined ? 0 : hops + 1;
};
