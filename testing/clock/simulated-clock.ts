/**
 * Simulated time for a whole process: `Date.now()` returns it, nothing waits for a real clock, and
 * pauses of some seconds between two retries take no time.
 *
 * Time does not advance while code runs. When nothing else can happen, the caller advances it to the
 * next due action (`next`, `skip`).
 *
 * @module
 */
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import timers from 'node:timers';
import promises from 'node:timers/promises';
import { Agenda } from './agenda.ts';
import { Clock } from './skippable-clock.ts';

const START_MS = Date.UTC(2026, 0, 5);
/** Pauses between two retries of a client are shorter; time limits of our own are longer. */
const MAX_RETRY_PAUSE_MS = 20_000;
/** The longest delay of a timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Those of the machine, however often they are replaced. */
const { setTimeout: wait } = globalThis;
const { setTimeout: pause } = promises;
/** The HTTP handler of the AWS SDK names itself in the errors of its time limits, which are short. */
const isRequestLimit = (act: object): boolean =>
  Function.prototype.toString.call(act).includes('@smithy/node-http-handler');

interface Due {
  readonly act: () => void;
  cancelled: boolean;
}

export class SimulatedClock extends Clock {
  #agenda = new Agenda();
  #now = START_MS;

  override now(): number {
    return this.#now;
  }

  override get nextAt(): number | undefined {
    return this.#agenda.nextAt;
  }

  override at(time: number, act: () => void): () => void {
    const due: Due = { act, cancelled: false };
    this.#agenda.add(Math.max(time, this.#now), () => {
      if (!due.cancelled) act();
    });
    return () => {
      due.cancelled = true;
    };
  }

  /** Calls the next action that is due by `latest`. Returns false if there is none. */
  next(latest: number): boolean {
    const at = this.nextAt;
    if (at === undefined || at > latest) return false;
    const item = this.#agenda.take();
    this.#now = at;
    void item?.act();
    return true;
  }

  override skip(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.next(end));
    this.#now = end;
  }

  override close(): void {
    this.#agenda = new Agenda();
  }
}

/**
 * Replaces `Date.now` and `setTimeout` until the process ends. Time limits of requests never
 * end: a response takes no simulated time, and on a busy machine any real time.
 */
export function simulateTime(now: () => number): void {
  Date.now = now;
  const shortened = (milliseconds: number | undefined) =>
    (milliseconds ?? 0) <= MAX_RETRY_PAUSE_MS ? 0 : milliseconds;
  const patched = Object.assign(
    (act: (...args: unknown[]) => void, milliseconds?: number, ...rest: unknown[]) =>
      isRequestLimit(act)
        ? wait(() => undefined, MAX_TIMER_MS).unref()
        : wait(() => act(...rest), shortened(milliseconds)),
    wait,
  );
  Object.assign(globalThis, { setTimeout: patched });
  Object.assign(timers, { setTimeout: patched });
  Socket.prototype.setTimeout = function withoutLimit() {
    return this;
  };
  Object.assign(promises, {
    setTimeout: (milliseconds?: number, value?: unknown, options?: object) =>
      pause(shortened(milliseconds), value, options),
  });
  syncBuiltinESMExports();
}
