/**
 * The clock of a host: real time, but for what was skipped. Visibility of minutes, delays and time
 * limits pass at once when a test says so.
 *
 * 1. `now` never goes back.
 * 2. What is due at a time happens when that time has come or was skipped, in the order of its
 *    times.
 *
 * @module
 */

interface Due {
  readonly at: number;
  readonly act: () => void;
}

/** The longest time that a timer of Node waits. */
const LONGEST_MS = 2 ** 31 - 1;

export class Clock {
  readonly #due = new Set<Due>();
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.#skipped;
  }

  /** Milliseconds that were skipped so far: how far this clock is ahead of the machine's. */
  get skipped(): number {
    return this.#skipped;
  }

  /** When the next thing is due; `undefined` if nothing is. */
  get nextAt(): number | undefined {
    return this.#next()?.at;
  }

  /** Has `act` called at a time. @returns takes it back */
  at(time: number, act: () => void): () => void {
    const due = { at: time, act };
    this.#due.add(due);
    this.#arm();
    return () => {
      if (this.#due.delete(due)) this.#arm();
    };
  }

  /** Time passes at once. What becomes due meanwhile is called before this returns. */
  skip(milliseconds: number): void {
    this.#skipped += Math.max(0, milliseconds);
    this.#run();
  }

  /** To the next thing that is due before `latest`, if there is one. */
  skipToNext(latest: number): boolean {
    const next = this.nextAt;
    if (next === undefined || next > latest) return false;
    this.skip(next - this.now());
    return true;
  }

  /** Nothing is due any more. */
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
      Math.min(LONGEST_MS, Math.max(0, next.at - this.now())),
    );
  }
}
