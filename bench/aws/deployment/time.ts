/**
 * Simulated time: what is to happen happens in its order, and `Date.now()` says the time of it.
 * Nothing waits for a real clock.
 *
 * 1. One thing happens at a time, to its end. What takes time is given the time that it takes when
 *    it is over: its effects carry their own times.
 * 2. Within an invocation time goes on with its round trips: requests that are under way together
 *    are one (`take`).
 *
 * @module
 */
import { setImmediate } from 'node:timers';
import { Agenda } from '../../../testing/clock/agenda.ts';

const realNow = Date.now;
const BEGINNING = Date.UTC(2026, 0, 5);

export class SimulatedTime {
  readonly #agenda = new Agenda();
  #at = BEGINNING;
  /** Of the invocation under way. */
  #elapsed = 0;
  #under: { readonly milliseconds: number; readonly resolve: () => void }[] = [];

  constructor() {
    Date.now = () => this.now;
  }

  get now(): number {
    return this.#at + this.#elapsed;
  }

  get elapsed(): number {
    return this.#elapsed;
  }

  at(time: number, act: () => void | Promise<void>): void {
    this.#agenda.add(Math.max(time, this.#at), act);
  }

  /** A round trip of the invocation under way. */
  take(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#under.push({ milliseconds, resolve });
      if (this.#under.length === 1) setImmediate(() => this.#return());
    });
  }

  #return(): void {
    const under = this.#under;
    this.#under = [];
    this.#elapsed += Math.max(...under.map(({ milliseconds }) => milliseconds));
    for (const { resolve } of under) resolve();
  }

  /**
   * Does work that takes time: as long as its round trips take, and `least` at the least. The
   * answer is when it is over.
   */
  async during(work: () => Promise<void>, least: () => number): Promise<number> {
    this.#elapsed = 0;
    await work();
    const over = this.#at + Math.max(this.#elapsed, least());
    this.#elapsed = 0;
    return over;
  }

  /** Lets things happen until `isOver`, or until nothing is left to happen. */
  async until(isOver: () => boolean): Promise<boolean> {
    while (!isOver()) {
      const next = this.#agenda.take();
      if (next === undefined) return false;
      this.#at = next.at;
      await next.act();
    }
    return true;
  }

  /** Lets things happen that happen before then. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#at + milliseconds;
    while ((this.#agenda.nextAt ?? Number.POSITIVE_INFINITY) <= end) await this.until(onlyOnce());
    this.#at = end;
  }

  stop(): void {
    Date.now = realNow;
  }
}

function onlyOnce(): () => boolean {
  let asked = false;
  return () => {
    const before = asked;
    asked = true;
    return before;
  };
}
