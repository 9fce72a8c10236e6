/**
 * One call of a component, and what the history has told of it so far.
 *
 * 1. A promise is made only when a handler is attached; what nobody awaits costs no promise and is nobody's unhandled rejection.
 * 2. A value is decoded once, when first awaited; every later await gets the same object.
 * 3. Handlers are told in the order in which they were attached.
 * 4. A value that is not at hand is a need: needs are supplied in the order in which they arose.
 *
 * Runs of 100,000 calls keep them all: there is nothing in here that is not needed again.
 *
 * @module
 */
import type { InlineValue } from '../../model/value.ts';
import type { Ledger } from './ledger.ts';

/** A result's form while nobody looks at it (`text`, `stored`), and after (`ready`, `broken`). */
type Cell =
  | { readonly kind: 'text'; readonly format: InlineValue['format']; readonly text: string }
  | { readonly kind: 'stored' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'ready'; readonly value: unknown }
  | { readonly kind: 'broken'; readonly error: unknown };

interface Waiter {
  /** Index among the return values; null: the whole. */
  readonly value: number | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface Need {
  readonly call: Call;
  readonly value: number;
}

/** What all calls of a run share. */
export interface CallWorld {
  readonly ledger: Ledger;
  readonly needs: Need[];
  /** Calls that are awaited and not ended. */
  awaited: number;
  decode(format: InlineValue['format'], text: string): unknown;
}

const STORED: Cell = { kind: 'stored' };
const ASKED: Cell = { kind: 'asked' };
/** The only Lazy of the call has the value: nobody will ask again. */
const TOLD: Cell = { kind: 'ready', value: undefined };

export class Call {
  private ending: 'none' | 'completed' | 'failed' = 'none';
  /** The results, or the only one. */
  private cells: Cell | Cell[] | undefined;
  /** How to make the error, then the error. */
  private failure: (() => unknown) | undefined;
  private error: unknown;
  private marked = false;
  private waiters: Waiter | Waiter[] | undefined;

  constructor(
    private readonly world: CallWorld,
    readonly number: number,
    readonly component: string,
    /** Calls of the component before it. */
    private readonly earlier: number,
    readonly digest: string,
    /** Several `returnValues`: the whole is an array. */
    readonly several: boolean,
  ) {}

  /** `stepOne`, `stepOne_1` … */
  get step(): string {
    return this.earlier === 0 ? this.component : `${this.component}_${this.earlier}`;
  }

  get completed(): boolean {
    return this.ending === 'completed';
  }

  get ended(): boolean {
    return this.ending !== 'none';
  }

  /** A promise of the result, or of one of its values. Attaches a handler. */
  promise(value: number | null): Promise<unknown> {
    this.mark();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { value, resolve, reject };
      if (!this.tell(waiter)) this.keep(waiter);
    });
  }

  /** The only result. True if somebody waits. */
  completeWith(format: InlineValue['format'], text: string): boolean {
    const { waiters } = this;
    this.ending = 'completed';
    if (this.several || waiters === undefined || Array.isArray(waiters)) {
      this.cells = { kind: 'text', format, text };
      return this.end();
    }
    // By far the most frequent: one Lazy, awaited. Its promise keeps the value, so that a value which the logic lets go is gone.
    this.world.awaited--;
    this.waiters = undefined;
    this.cells = TOLD;
    try {
      waiters.resolve(this.world.decode(format, text));
    } catch (error) {
      waiters.reject(error);
    }
    return true;
  }

  /** One result for each return value; null is one that is stored elsewhere. True if somebody waits. */
  complete(results: readonly (InlineValue | null)[]): boolean {
    this.ending = 'completed';
    const cells = results.map(
      (result): Cell =>
        result === null ? STORED : { kind: 'text', format: result.format, text: result.text },
    );
    this.cells = cells.length === 1 ? cells[0] : cells;
    return this.end();
  }

  /** True if somebody waits. */
  fail(failure: () => unknown): boolean {
    this.ending = 'failed';
    this.failure = failure;
    return this.end();
  }

  supply(value: number, decoded: () => unknown): void {
    if (this.cellAt(value)?.kind !== 'asked') return;
    this.put(value, attempt(decoded));
    this.tellAll();
  }

  private end(): boolean {
    if (!this.marked) return false;
    this.world.awaited--;
    if (this.waiters === undefined) return false;
    this.tellAll();
    return true;
  }

  /** Reports the first handler: with the call if that is still open, else by a command, unless the call has completed and nothing can follow from it. */
  private mark(): void {
    if (this.marked) return;
    this.marked = true;
    if (!this.ended) this.world.awaited++;
    if (this.completed || this.world.ledger.fold(this.number)) return;
    this.world.ledger.issue({ kind: 'await', call: this.number });
  }

  private keep(waiter: Waiter): void {
    if (this.waiters === undefined) this.waiters = waiter;
    else if (Array.isArray(this.waiters)) this.waiters.push(waiter);
    else this.waiters = [this.waiters, waiter];
  }

  private tellAll(): void {
    const { waiters } = this;
    this.waiters = undefined;
    if (waiters === undefined) return;
    if (!Array.isArray(waiters)) {
      if (!this.tell(waiters)) this.keep(waiters);
      return;
    }
    for (const waiter of waiters) if (!this.tell(waiter)) this.keep(waiter);
  }

  /** False if it has to wait on. */
  private tell(waiter: Waiter): boolean {
    if (this.ending === 'none') return false;
    if (this.ending === 'failed') {
      if (this.failure !== undefined) {
        this.error = this.failure();
        this.failure = undefined;
      }
      waiter.reject(this.error);
      return true;
    }
    return waiter.value === null && this.several
      ? this.tellWhole(waiter)
      : this.tellOne(waiter, waiter.value ?? 0);
  }

  private tellOne(waiter: Waiter, index: number): boolean {
    const cell = this.look(index);
    if (cell.kind === 'ready') waiter.resolve(cell.value);
    else if (cell.kind === 'broken') waiter.reject(cell.error);
    else return false;
    return true;
  }

  private tellWhole(waiter: Waiter): boolean {
    const length = Array.isArray(this.cells) ? this.cells.length : 1;
    const cells = Array.from({ length }, (_, index) => this.look(index));
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
    // A custom deserializer may have answered with a promise.
    waiter.resolve(values.some((value) => value instanceof Promise) ? Promise.all(values) : values);
    return true;
  }

  private cellAt(index: number): Cell | undefined {
    return Array.isArray(this.cells) ? this.cells[index] : this.cells;
  }

  private put(index: number, cell: Cell): void {
    if (Array.isArray(this.cells)) this.cells[index] = cell;
    else this.cells = cell;
  }

  /** The cell, decoded or asked for. */
  private look(index: number): Cell {
    const cell = this.cellAt(index);
    if (cell === undefined) return { kind: 'ready', value: undefined };
    if (cell.kind === 'text') {
      const seen = attempt(() => this.world.decode(cell.format, cell.text));
      this.put(index, seen);
      return seen;
    }
    if (cell.kind === 'stored') {
      this.put(index, ASKED);
      this.world.needs.push({ call: this, value: index });
      return ASKED;
    }
    return cell;
  }
}

function attempt(decoded: () => unknown): Cell {
  try {
    return { kind: 'ready', value: decoded() };
  } catch (error) {
    return { kind: 'broken', error };
  }
}
