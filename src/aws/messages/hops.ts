/**
 * How many messages in a row the controller sent itself. Lambda's own guard against loops is off, because a long drain is one: this one takes its place.
 *
 * A turn runs under the count of the message that woke it, and what it sends has one more.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** A run that outgrows it goes on with its next sweep, from 0: a loop costs a sweep's interval for so many turns. */
export const MAX_HOPS = 1000;

const current = new AsyncLocalStorage<number>();

export const withHops = <T>(hops: number, action: () => Promise<T>): Promise<T> =>
  current.run(hops, action);

/** Of a message that is sent now. */
export const nextHops = (): number => {
  const hops = current.getStore();
  return hops === undefined ? 0 : hops + 1;
};
