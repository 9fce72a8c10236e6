/**
 * The time of the server: the clock of a browser may be wrong by hours.
 *
 * @module
 */

/** A `Date` header has whole seconds, and an answer takes its time. */
const TOLERANCE_MS = 2_000;

export class ServerClock {
  readonly #now: () => number;
  #skew = 0;

  /** @param now the time of this machine */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The `Date` header of an answer to a request that was sent at this time of this machine. */
  observe(date: string | null, sentAt: number): void {
    const at = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(at)) return;
    this.observeTime(at + 500, (sentAt + this.#now()) / 2);
  }

  /** The time of the server at a time of this machine. */
  observeTime(at: number, local: number = this.#now()): void {
    const skew = at - local;
    this.#skew = Math.abs(skew) <= TOLERANCE_MS ? 0 : skew;
  }

  /** Accepts the difference that another tab has measured. */
  setSkew(skewMs: number): void {
    this.#skew = skewMs;
  }

  /** Milliseconds since the epoch, as the server counts. */
  now(): number {
    return this.#now() + this.#skew;
  }

  /** Milliseconds by which the clock of the server is ahead; 0 if the clocks agree. */
  skewMs(): number {
    return this.#skew;
  }
}

/** The duration of what started, up to now if it has not ended. It is never negative. */
export const durationMs = (startedAt: number, endedAt: number | null, now: number): number =>
  Math.max(0, (endedAt ?? now) - startedAt);
