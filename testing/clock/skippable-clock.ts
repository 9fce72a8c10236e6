/**
 * A clock for tests: real time plus skipped time. A test can skip visibility timeouts of minutes,
 * delays and time limits.
 *
 * 1. `now` never goes back.
 * 2. An action is called when its time has come or was skipped, in order of time.
 *
 * @module
 */

interface Due {
  readonly at: number;
  readonly act: () => void;
}

/** The longest delay of a timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Clock {
  readonly #due = new Set<Due>();
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.#skipped;
  }

  /** Skipped milliseconds: the difference between this clock and the machine's. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The time of the next action; `undefined` if there is none. */
  get nextAt(): number | undefined {
    return this.#next()?.at;
  }

  /** Schedules `act`. @returns a function that cancels it */
  at(time: number, act: () => void): () => void {
    const due = { at: time, act };
    this.#due.add(due);
    this.#arm();
    return () => {
      if (this.#due.delete(due)) this.#arm();
    };
  }

  /** Advances the clock. Actions that become due are called before this method returns. */
  skip(milliseconds: number): void {
    this.#skipped += Math.max(0, milliseconds);
    this.#run();
  }

  /** Skips to the next action that is due by `latest`. Returns false if there is none. */
  skipToNext(latest: number): boolean {
    const next = this.nextAt;
    if (next === undefined || next > latest) return false;
    this.skip(next - this.now());
    return true;
  }

  /** Cancels all actions. */
  close(): void {
    this.#due.clear();
    clearTimeout(this.#timer);
  }

  #next(): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due) if (first === undefined || due.at < first.at) first = due;
    return first;
  }

  #run(): void {
    for (let due = this.#next(); due !== undefined && due.at <= this.now(); due = this.#next()) {
      this.#due.delete(due);
      due.act();
    }
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#next();
    if (next === undefined) return;
    this.#timer = setTimeout(
      () => this.#run(),
      Math.min(MAX_TIMER_MS, Math.max(0, next.at - this.now())),
    );
  }
}
