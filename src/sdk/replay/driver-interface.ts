/**
 * The interface between the host and the logic's context: methods, status flags and states.
 *
 * The context implements it (`driver.ts`), and the host calls it
 * (`src/evaluator/checked-driver.ts`). This module has no dependencies at run time, so that the
 * host can import it without loading the replay SDK.
 *
 * 1. Only texts and numbers cross, except for one buffer that the context allocates and the host
 *    fills, the reasons of rejected promises, which the context gets back, and errors whose frames
 *    the host reads without running code of its own.
 * 2. For each event, the host delivers it, drains the microtasks, supplies the values that the
 *    logic needs (with a drain after each), and concludes the event. Only then does it deliver the
 *    next one.
 * 3. An error that a method throws is an error of Headrace or of the history, never of the user's
 *    code.
 * 4. When the status is `QUIET`, the host passes the reason of each promise that was rejected
 *    without a handler, in the order of the rejections, and then concludes them.
 *
 * @module
 */
import type { HistoryEvent } from '../../model/history.ts';
import type { InlineValue } from '../../model/value.ts';

/** Flag of `Driver.status`: the logic issued another command than the recorded one. */
export const DIVERGED = 1;
/** Flag of `Driver.status`: `neededValue` names a value that the host must supply. */
export const VALUE_NEEDED = 2;
/** Flag of `Driver.status`: the logic issued more commands than it may without awaiting one. */
export const RUNAWAY = 4;
/**
 * Flag of `Driver.status`: the logic has returned and awaits no step, or it is stuck. Nothing that
 * it does later can be relied on to handle a rejected promise.
 */
export const QUIET = 8;

/** The stack of an error's record if errors have none: the number of the error. */
export const TRACED_STACK = /^error (\d+)$/;

/**
 * The state of the logic between two events: it has returned or thrown (`finished`), it awaits an
 * event of the history (`waiting`), or it awaits something that no event can bring (`stuck`).
 */
export type LogicState = 'finished' | 'waiting' | 'stuck';

/**
 * An event as JSON. A value that is stored as an object is `null`: the logic requests it when it
 * needs it.
 */
export type DeliveredEvent =
  | Exclude<HistoryEvent, { kind: 'completed' }>
  | {
      readonly at: number;
      readonly kind: 'completed';
      readonly call: number;
      readonly values: readonly (InlineValue | null)[];
    };

export interface Driver {
  /** The declarations of the bundle, as JSON. */
  describe(): string;
  /** Runs the pipeline's function up to its first await. `run` is a `StartedRun` as JSON. */
  start(run: string): void;
  /** Adds the signature of the next recorded command. All of them are added before `start`. */
  expect(signature: string): void;
  /**
   * Delivers a completed call with one inline result, the most frequent event. Returns true if a
   * drain is needed.
   */
  deliverCompleted(at: number, call: number, format: string, text: string): boolean;
  /** Delivers any other event: a `DeliveredEvent` as JSON. Returns true if a drain is needed. */
  deliver(event: string): boolean;
  /** Concludes the delivered event. */
  concludeEvent(): void;
  /** Flags, to be checked after each drain. */
  status(): number;
  /** The first value that the logic needs, as `call:value`; empty if there is none. */
  neededValue(): string;
  /** Supplies the needed value as text. */
  supplyText(format: string, text: string): void;
  /** Allocates a buffer of this realm, which the host fills before it calls `supplyBytes`. */
  allocate(size: number): ArrayBuffer;
  /**
   * Supplies the needed value from the allocated buffer. `format` is that of the value;
   * `Uint8Array` for bytes that are no Buffer.
   */
  supplyBytes(format: string): void;
  /** Supplies a file or folder, of which the logic sees the name only. */
  supplyFile(name: string): void;
  /** Rejects the needed value: it is larger than the logic may load. */
  rejectTooLarge(size: number, limit: number): void;
  /** Returns new commands as JSON, at most `limit`. */
  dequeueCommands(limit: number): string;
  /** The number of new commands that are still queued. */
  queuedCommandCount(): number;
  /**
   * The signature of the next recorded command that the logic has not issued; empty if there is
   * none.
   */
  missingCommand(): string;
  /** The divergence as JSON; empty if there is none. */
  divergence(): string;
  state(): LogicState;
  /** Passes the reason of a promise that was rejected without a handler. */
  addUnhandledRejection(reason: unknown): void;
  /** Issues the commands for the passed rejections. */
  concludeRejections(): void;
  /** The error whose record has this number in the place of a stack (`TRACED_STACK`). */
  tracedError(number: number): unknown;
}
