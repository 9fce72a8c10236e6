/**
 * Simulated time in a process of its own: `Date.now()` says it, nothing waits for a real clock, and
 * pauses of some seconds between two tries take none.
 *
 * 1. Time stands while something happens; it goes on, to what is due next, when nothing can.
 *
 * @module
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import promises from 'node:timers/promises';
import { Agenda } from './agenda.ts';
import { Clock } from './skippable-clock.ts';

const BEGINNING = Date.UTC(2026, 0, 5);
/** Pauses between two tries of a client are shorter; limits are longer. */
const SHORT_MS = 20_000;

interface Due {
  readonly act: () => void;
  cancelled: boolean;
}

export class SimulatedClock extends Clock {
  #agenda = new Agenda();
  #now = BEGINNING;

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

  /** Lets the next thing happen that is due up to `latest`. False if there is none. */
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

/** For the rest of the process's life. */
export function simulateTime(now: () => number): void {
  Date.now = now;
  const { setTimeout: wait } = globalThis;
  const hurried = (milliseconds: number | undefined) =>
    (milliseconds ?? 0) <= SHORT_MS ? 0 : milliseconds;
  const patched = Object.assign(
    (act: (...given: unknown[]) => void, milliseconds?: number, ...rest: unknown[]) =>
      wait(() => act(...rest), hurried(milliseconds)),
    wait,
  );
  Object.assign(globalThis, { setTimeout: patched });
  Object.assign(timers, { setTimeout: patched });
  const { setTimeout: pause } = promises;
  Object.assign(promises, {
    setTimeout: (milliseconds?: number, value?: unknown, options?: object) =>
      pause(hurried(milliseconds), value, options),
  });
  syncBuiltinESMExports();
}
