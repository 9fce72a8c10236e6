/**
 * The time of the server: the clock of a browser may be wrong by hours.
 *
 * @module
 */

/** A `Date` header has whole seconds. */
const RESOLUTION_MS = 1_000;

export interface ServerClock {
  /** The `Date` header of an answer to a request that was sent at this time of this machine. */
  observe(date: string | null, sentAt: number): void;
  /** Milliseconds since the epoch, as the server counts. */
  now(): number;
}

/**
 * The `Date` header of each answer bounds the difference of the clocks: the server wrote it after the
 * request was sent, and before the answer was there. The difference changes only if it is outside of
 * these bounds, so that a slow answer does not move it.
 *
 * @param now the time of this machine
 */
export function createServerClock(now: () => number = Date.now): ServerClock {
  let skew = 0;
  return {
    observe(date, sentAt) {
      const at = Date.parse(date ?? '');
      if (Number.isNaN(at)) return;
      skew = Math.min(at + RESOLUTION_MS - sentAt, Math.max(at - now(), skew));
    },
    now: () => now() + skew,
  };
}

/** The clock of the API. */
export const serverClock = createServerClock();
