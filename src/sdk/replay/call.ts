/**
 * One call of a component, with the events of the history about it.
 *
 * 1. A promise is created only when a handler is attached. A call that is not awaited costs no
 *    promise, and cannot cause an unhandled rejection.
 * 2. A value is decoded once, at the first await. All later awaits return the same object.
 * 3. Handlers are called in the order in which they were attached.
 * 4. A value that is stored as an object becomes a need. Needs are supplied in the order in which
 *    they arose.
 *
 * A run of 100,000 calls keeps all of them in memory. Therefore a call contains only what is needed
 * later.
 *
 * @module
 */
import { stepNameOf } from '../../model/step-names.ts';
import type { InlineValue } from '../../model/value.ts';
import { StepAbortedError, StepCancelledError } from '../errors.ts';
import type { Ledger } from './ledger.ts';

/**
 * A result before its first await (`text`, `stored`), while it is requested, and after (`ready`,
 * `broken`).
 */
type ResultCell =
  | { readonly kind: 'text'; readonly format: InlineValue['format']; readonly text: string }
  | { readonly kind: 'stored' }
  | { readonly kind: 'requested' }
  | { readonly kind: 'ready'; readonly value: unknown }
  | { readonly kind: 'broken'; readonly error: unknown };

interface Waiter {
  /** The index among the return values; null for all of them. */
  readonly valueIndex: number | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface NeededValue {
  readonly call: Call;
  readonly valueIndex: number;
}

/** The state that all calls of a run share. */
export interface CallContext {
  readonly ledger: Ledger;
  readonly neededValues: NeededValue[];
  /** The number of calls that are awaited and not settled. */
  awaitedCount: number;
  decode(format: InlineValue['format'], text: string): unknown;
}

const callByError = new WeakMap<object, number>();

const registerError = (error: unknown, call: number): void => {
  if (typeof error === 'object' && error !== null) callByError.set(error, call);
};

/** The call whose failure is this error; undefined for any other value. */
export const callOfError = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null ? callByError.get(error) : undefined;

const STORED: ResultCell = { kind: 'stored' };
const REQUESTED: ResultCell = { kind: 'requested' };
/** The value is in the promise of the call's only Lazy, and is not requested again. */
const RELEASED: ResultCell = { kind: 'ready', value: undefined };

export class Call {
  readonly #context: CallContext;
  /** The number in the step's name; 0: none. */
  readonly #stepNumber: number;
  #status: 'pending' | 'completed' | 'failed' = 'pending';
  /** The results, or the only result. */
  #cells: ResultCell | ResultCell[] | undefined;
  /** Creates the error, at the first await. */
  #createError: (() => unknown) | undefined;
  #error: unknown;
  #awaited = false;
  #cancellation: { readonly timeoutMs: number | undefined } | undefined;
  #waiters: Waiter | Waiter[] | undefined;

  constructor(
    context: CallContext,
    readonly number: number,
    readonly component: string,
    stepNumber: number,
    readonly digest: string,
    /** True if the component has several `returnValues`, so that the result is an array. */
    readonly hasSeveralValues: boolean,
  ) {
    this.#context = context;
    this.#stepNumber = stepNumber;
  }

  /** The step's name, as in `stepOne` or `stepOne_1`. */
  get step(): string {
    return stepNameOf(this.component, this.#stepNumber);
  }

  get completed(): boolean {
    return this.#status === 'completed';
  }

  get settled(): boolean {
    return this.#status !== 'pending';
  }

  /** Cancels the call, unless it is settled. */
  cancel(timeoutMs: number | undefined): void {
    if (this.settled || this.#cancellation !== undefined) return;
    this.#cancellation = { timeoutMs };
    this.#context.ledger.issue({ kind: 'cancel', call: this.number });
  }

  /** The error of the call after its step was aborted. */
  abortedError(): unknown {
    return this.#cancellation === undefined
      ? new StepAbortedError(this.step)
      : new StepCancelledError(this.step, this.#cancellation.timeoutMs);
  }

  /** A promise of the result, or of one of its values. Attaches a handler. */
  promise(value: number | null): Promise<unknown> {
    this.#reportAwaited();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { valueIndex: value, resolve, reject };
      if (!this.#settleWaiter(waiter)) this.#addWaiter(waiter);
    });
  }

  /** Completes the call with its only result. Returns true if a handler is waiting. */
  completeWith(format: InlineValue['format'], text: string): boolean {
    const waiters = this.#waiters;
    this.#status = 'completed';
    if (this.hasSeveralValues || waiters === undefined || Array.isArray(waiters)) {
      this.#cells = { kind: 'text', format, text };
      return this.#settle();
    }
    // By far the most frequent case: one Lazy, which is awaited. Only its promise refers to the
    // value, so that the value can be collected as soon as the logic drops it.
    this.#context.awaitedCount--;
    this.#waiters = undefined;
    this.#cells = RELEASED;
    try {
      waiters.resolve(this.#context.decode(format, text));
    } catch (error) {
      waiters.reject(error);
    }
    return true;
  }

  /**
   * Completes the call with one result for each return value; null if it is stored as an object.
   * Returns true if a handler is waiting.
   */
  complete(results: readonly (InlineValue | null)[]): boolean {
    this.#status = 'completed';
    const cells = results.map(
      (result): ResultCell =>
        result === null ? STORED : { kind: 'text', format: result.format, text: result.text },
    );
    this.#cells = cells.length === 1 ? cells[0] : cells;
    return this.#settle();
  }

  /** Returns true if a handler is waiting. */
  fail(createError: () => unknown): boolean {
    this.#status = 'failed';
    this.#createError = createError;
    return this.#settle();
  }

  supplyValue(value: number, decoded: () => unknown): void {
    if (this.#cellAt(value)?.kind !== 'requested') return;
    this.#setCell(value, decodeCell(decoded));
    this.#settleWaiters();
  }

  #settle(): boolean {
    if (!this.#awaited) return false;
    this.#context.awaitedCount--;
    if (this.#waiters === undefined) return false;
    this.#settleWaiters();
    return true;
  }

  /**
   * Reports the first handler: as part of the call's command if that is still open, else by a
   * command of its own. A completed call needs no report, because nothing depends on it.
   */
  #reportAwaited(): void {
    if (this.#awaited) return;
    this.#awaited = true;
    if (!this.settled) this.#context.awaitedCount++;
    if (this.completed || this.#context.ledger.foldAwait(this.number)) return;
    this.#context.ledger.issue({ kind: 'await', call: this.number });
  }

  #addWaiter(waiter: Waiter): void {
    if (this.#waiters === undefined) this.#waiters = waiter;
    else if (Array.isArray(this.#waiters)) this.#waiters.push(waiter);
    else this.#waiters = [this.#waiters, waiter];
  }

  #settleWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = undefined;
    if (waiters === undefined) return;
    if (!Array.isArray(waiters)) {
      if (!this.#settleWaiter(waiters)) this.#addWaiter(waiters);
      return;
    }
    for (const waiter of waiters) if (!this.#settleWaiter(waiter)) this.#addWaiter(waiter);
  }

  /** Returns false if the waiter must wait longer. */
  #settleWaiter(waiter: Waiter): boolean {
    if (this.#status === 'pending') return false;
    if (this.#status === 'failed') {
      if (this.#createError !== undefined) {
        this.#error = this.#createError();
        registerError(this.#error, this.number);
        this.#createError = undefined;
      }
      waiter.reject(this.#error);
      return true;
    }
    return waiter.valueIndex === null && this.hasSeveralValues
      ? this.#settleWithTuple(waiter)
      : this.#settleWithValue(waiter, waiter.valueIndex ?? 0);
  }

  #settleWithValue(waiter: Waiter, index: number): boolean {
    const cell = this.#readCell(index);
    if (cell.kind === 'ready') waiter.resolve(cell.value);
    else if (cell.kind === 'broken') waiter.reject(cell.error);
    else return false;
    return true;
  }

  #settleWithTuple(waiter: Waiter): boolean {
    const length = Array.isArray(this.#cells) ? this.#cells.length : 1;
    const cells = Array.from({ length }, (_, index) => this.#readCell(index));
    const broken = cells.find((cell) => cell.kind === 'broken');
    if (broken !== undefined) {
      waiter.reject(broken.error);
      return true;
    }
    const values: unknown[] = [];
    for (const cell of cells) {
      if (cell.kind !== 'ready') return false;
      values.push(cell.value);
    }
    // A custom deserializer may return a promise.
    waiter.resolve(values.some((value) => value instanceof Promise) ? Promise.all(values) : values);
    return true;
  }

  #cellAt(index: number): ResultCell | undefined {
    return Array.isArray(this.#cells) ? this.#cells[index] : this.#cells;
  }

  #setCell(index: number, cell: ResultCell): void {
    if (Array.isArray(this.#cells)) this.#cells[index] = cell;
    else this.#cells = cell;
  }

  /** The cell, after its text is decoded or its value is requested. */
  #readCell(index: number): ResultCell {
    const cell = this.#cellAt(index);
    if (cell === undefined) return { kind: 'ready', value: undefined };
    if (cell.kind === 'text') {
      const decoded = decodeCell(() => this.#context.decode(cell.format, cell.text));
      this.#setCell(index, decoded);
      return decoded;
    }
    if (cell.kind === 'stored') {
      this.#setCell(index, REQUESTED);
      this.#context.neededValues.push({ call: this, valueIndex: index });
      return REQUESTED;
    }
    return cell;
  }
}

function decodeCell(decoded: () => unknown): ResultCell {
  try {
    return { kind: 'ready', value: decoded() };
  } catch (error) {
    return { kind: 'broken', error };
  }
}
