/**
 * When the changes of a run are requested next.
 *
 * 1. One second after an action of the user, two seconds while the run changes, then ever less often
 *    up to 15 seconds, or 30 for a run that waits in its queue.
 * 2. Never while the page is hidden or the run is over; an action and a page that becomes visible
 *    end that.
 * 3. A delay that the server names is respected.
 *
 * @module
 */

export const ACTION_INTERVAL_MS = 1_000;
export const ACTIVE_INTERVAL_MS = 2_000;
export const MAX_INTERVAL_MS = 15_000;
export const MAX_QUEUED_INTERVAL_MS = 30_000;
const GROWTH = 1.5;
/** The share of an interval by which polls of several pages differ. */
const JITTER = 0.1;
/** Polls after an action that are made even if the run is over: a resume may not have started. */
const POLLS_AFTER_ACTION = 5;

/** What an answer of the server shows. */
export interface PollOutcome {
  /** The revision differs from that of the request. */
  readonly moved: boolean;
  /** Further changes are on record. */
  readonly more: boolean;
  /** The run waits for its start. */
  readonly queued: boolean;
  /** The run has ended. */
  readonly over: boolean;
}

export class PollScheduler {
  readonly #random: () => number;
  #interval = ACTIVE_INTERVAL_MS;
  #limit = MAX_INTERVAL_MS;
  #failures = 0;
  #retryAfter = 0;
  #over = false;
  #hidden = false;
  #pollsLeft = 0;
  #isImmediate = true;

  /** @param random a number from 0 to 1, for the jitter */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The answer of a poll. */
  answered({ moved, more, queued, over }: PollOutcome): void {
    this.#failures = 0;
    this.#retryAfter = 0;
    this.#over = over;
    this.#isImmediate = more;
    this.#limit = queued ? MAX_QUEUED_INTERVAL_MS : MAX_INTERVAL_MS;
    if (this.#pollsLeft > 0) this.#pollsLeft--;
    if (moved) this.#interval = ACTIVE_INTERVAL_MS;
    else this.#interval = Math.min(this.#limit, this.#interval * GROWTH);
  }

  /** A poll has failed. `retryAfterMs`: when the server accepts the next one, if it names a time. */
  failed(retryAfterMs: number | null): void {
    this.#isImmediate = false;
    this.#retryAfter = retryAfterMs ?? 0;
    this.#interval = Math.min(MAX_INTERVAL_MS, ACTIVE_INTERVAL_MS * 2 ** this.#failures);
    this.#failures++;
  }

  /** The user has requested something of the run. */
  acted(): void {
    this.#interval = ACTION_INTERVAL_MS;
    this.#pollsLeft = POLLS_AFTER_ACTION;
  }

  /** The next poll is requested at once. */
  requested(): void {
    this.#isImmediate = true;
  }

  /** The page is visible again, or hidden. */
  setHidden(isHidden: boolean): void {
    if (this.#hidden && !isHidden) this.#isImmediate = true;
    this.#hidden = isHidden;
  }

  /** Milliseconds until the next poll; null: none until something happens. */
  delayMs(): number | null {
    if (this.#hidden) return null;
    if (this.#over && this.#pollsLeft === 0 && !this.#isImmediate) return null;
    if (this.#retryAfter > 0) return this.#jittered(this.#retryAfter);
    if (this.#isImmediate) return 0;
    return this.#jittered(this.#interval);
  }

  /** Never earlier than the interval, so that a time that the server names is kept. */
  #jittered(interval: number): number {
    return Math.round(interval * (1 + JITTER * this.#random()));
  }
}
