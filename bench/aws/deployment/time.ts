/**
 * Simulated time: scheduled actions are called in order of time, and `Date.now()` returns the
 * simulated time. Nothing waits for a real clock.
 *
 * 1. Each action completes before the next one starts. The duration of an action is determined when
 *    it is complete, and its effects carry their own times.
 * 2. Within an invocation, time advances by round trips. Simultaneous requests are one round trip
 *    (`roundTrip`).
 *
 * @module
 */
import { setImmediate } from 'node:timers';
import { Agenda } from '../../../testing/clock/agenda.ts';

const realNow = Date.now;
const START_MS = Date.UTC(2026, 0, 5);

export class SimulatedTime {
  readonly #agenda = new Agenda();
  #at = START_MS;
  /** Since the start of the current invocation. */
  #elapsedMs = 0;
  #openRoundTrips: { readonly milliseconds: number; readonly resolve: () => void }[] = [];

  constructor() {
    Date.now = () => this.now();
  }

  /** Milliseconds since the epoch, the round trips of the current invocation included. */
  now(): number {
    return this.#at + this.#elapsedMs;
  }

  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** Schedules `act`. @returns a function that cancels it */
  at(time: number, act: () => void | Promise<void>): () => void {
    let isCancelled = false;
    this.#agenda.add(Math.max(time, this.#at), () => (isCancelled ? undefined : act()));
    return () => {
      isCancelled = true;
    };
  }

  /** Resolves after a round trip of the current invocation. */
  roundTrip(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#openRoundTrips.push({ milliseconds, resolve });
      if (this.#openRoundTrips.length === 1) setImmediate(() => this.#closeRoundTrips());
    });
  }

  #closeRoundTrips(): void {
    const closed = this.#openRoundTrips;
    this.#openRoundTrips = [];
    this.#elapsedMs += Math.max(...closed.map(({ milliseconds }) => milliseconds));
    for (const { resolve } of closed) resolve();
  }

  /**
   * Executes an invocation that lasts as long as its round trips, and at least `minimumMs`. Returns
   * the time of its end.
   */
  async runInvocation(work: () => Promise<void>, minimumMs: () => number): Promise<number> {
    this.#elapsedMs = 0;
    await work();
    const endedAt = this.#at + Math.max(this.#elapsedMs, minimumMs());
    this.#elapsedMs = 0;
    return endedAt;
  }

  /** Calls actions until `isDone`. Returns false if no action remains before that. */
  async until(isDone: () => boolean): Promise<boolean> {
    while (!isDone()) {
      const next = this.#agenda.take();
      if (next === undefined) return false;
      this.#at = next.at;
      await next.act();
    }
    return true;
  }

  /** Advances time, and calls the actions that are due until then. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#at + milliseconds;
    while ((this.#agenda.nextAt ?? Number.POSITIVE_INFINITY) <= end)
      await this.until(afterOneAction());
    this.#at = end;
  }

  stop(): void {
    Date.now = realNow;
  }
}

function afterOneAction(): () => boolean {
  let checks = 0;
  return () => checks++ > 0;
}
