/**
 * Processes that can crash: every call of a port passes a gate, where the process may crash before
 * or after the effect of the call.
 *
 * 1. A crashed process has no further effect: each later call of a port throws.
 * 2. A hiccup throws once, before or after the effect, and the process continues.
 * 3. With `turn`, a call waits until the world releases it, so that batches of several runs
 *    interleave call by call.
 *
 * @module
 */
import { LaunchInterruptedError } from '../../src/ports/jobs.ts';
import { Violation } from './violation.ts';

export class Crash extends Error {
  override readonly name = 'Crash';
}

export class Hiccup extends Error {
  override readonly name = 'Hiccup';
}

/**
 * Whether a batch may fail with this error: the process crashed, a call failed, or another writer
 * was first.
 */
export const isExpectedFailure = (error: unknown): boolean =>
  error instanceof Crash ||
  error instanceof Hiccup ||
  (error instanceof Error && error.name === 'StaleRunError') ||
  (error instanceof LaunchInterruptedError && isExpectedFailure(error.cause));

/** The fault of one call of a port. */
export type CallFault =
  | 'nothing'
  | 'crash before'
  | 'crash after'
  | 'hiccup before'
  | 'hiccup after';

export interface Gate {
  /** Decides the fault of the next call. */
  faultOf(call: string): CallFault;
  /** Resolves when the call may continue; undefined if it may continue at once. */
  turn(process: number, call: string): Promise<void> | undefined;
  onCrash(process: number, call: string, when: 'before' | 'after'): void;
}

/**
 * Limit of the calls that a crashed process may try, before it counts as one that does not stop.
 */
const MAX_CALLS_AFTER_CRASH = 200;

export class ProcessLife {
  #hasCrashed = false;
  #callsAfterCrash = 0;

  constructor(
    readonly number: number,
    readonly gate: Gate,
  ) {}

  get hasCrashed(): boolean {
    return this.#hasCrashed;
  }

  #reject(call: string): never {
    this.#callsAfterCrash += 1;
    if (this.#callsAfterCrash > MAX_CALLS_AFTER_CRASH)
      throw new Violation('a controller stops when its ports fail', `still calls ${call}`);
    throw new Crash(`the process has crashed (${call})`);
  }

  #crash(call: string, when: 'before' | 'after'): never {
    this.#hasCrashed = true;
    this.gate.onCrash(this.number, call, when);
    throw new Crash(`${when} ${call}`);
  }

  async #pass(call: string, act: () => unknown): Promise<unknown> {
    if (this.#hasCrashed) this.#reject(call);
    const turn = this.gate.turn(this.number, call);
    if (turn !== undefined) {
      await turn;
      if (this.#hasCrashed) this.#reject(call);
    }
    const fault = this.gate.faultOf(call);
    if (fault === 'crash before') this.#crash(call, 'before');
    if (fault === 'hiccup before') throw new Hiccup(`before ${call}`);
    const result = await act();
    if (this.#hasCrashed) this.#reject(call);
    if (fault === 'crash after') this.#crash(call, 'after');
    if (fault === 'hiccup after') throw new Hiccup(`after ${call}`);
    return result;
  }

  /** The port behind the gate. Its methods must be asynchronous, except those named in `plain`. */
  guard<T extends object>(name: string, port: T, plain: readonly string[] = []): T {
    const guarded = new Map<string | symbol, unknown>();
    return new Proxy(port, {
      get: (target, key) => {
        const known = guarded.get(key);
        if (known !== undefined) return known;
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        const call = `${name}.${String(key)}`;
        const wrapped = plain.includes(String(key))
          ? member.bind(target)
          : (...args: unknown[]) => this.#pass(call, () => Reflect.apply(member, target, args));
        guarded.set(key, wrapped);
        return wrapped;
      },
    });
  }
}
