/**
 * One call of a component, and what the history has told of it so far.
 *
 * 1. A promise is made only when a handler is attached; what nobody awaits costs no promise and is nobody's unhandled rejection.
 * 2. A value is decoded once, when first awaited; every later await gets the same object.
 * 3. Handlers are told in the order in which they were attached.
 * 4. A value that is not at hand is a need: needs are supplied in the order in which they arose.
 *
 * @module
 */
import type { Arguments, InlineValue } from '../../model/value.ts';
import type { Ledger } from './ledger.ts';

/** A result's form while nobody looks at it (`text`, `stored`), and after (`ready`, `broken`). */
type Cell =
  | { readonly kind: 'text'; readonly value: InlineValue }
  | { readonly kind: 'stored' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'ready'; readonly value: unknown }
  | { readonly kind: 'broken'; readonly error: unknown };

export type Result = InlineValue | null;

interface Waiter {
  /** Index among the return values; null: the whole. */
  readonly value: number | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Shared by all calls that nobody waits for and of which nothing is known. */
const NO_CELLS: Cell[] = [];
const NO_WAITERS: Waiter[] = [];

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
  decode(value: InlineValue): unknown;
}

export class Call {
  private ending: 'none' | 'completed' | 'failed' = 'none';
  private cells: Cell[] = NO_CELLS;
  private failure: (() => unknown) | undefined;
  private error: unknown;
  private marked = false;
  private waiters: Waiter[] = NO_WAITERS;

  constructor(
    private readonly world: CallWorld,
    readonly number: number,
    readonly component: string,
    /** Calls of the component before it. */
    private readonly earlier: number,
    readonly args: Arguments,
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

  /** One result for each return value; null is one that is stored elsewhere. True if somebody waits. */
  complete(results: readonly Result[]): boolean {
    this.ending = 'completed';
    this.cells = results.map((value) => (value === null ? { kind: 'stored' } : { kind: 'text', value }));
    return this.end();
  }

  /** True if somebody waits. */
  fail(failure: () => unknown): boolean {
    this.ending = 'failed';
    this.failure = failure;
    return this.end();
  }

  supply(value: number, decoded: () => unknown): void {
    if (this.cells[value]?.kind !== 'asked') return;
    this.cells[value] = attempt(decoded);
    this.tellAll();
  }

  private end(): boolean {
    if (!this.marked) return false;
    this.world.awaited--;
    if (this.waiters.length === 0) return false;
    this.tellAll();
    return true;
  }

  /** Reports the first handler: with the call if that is still open, else by a command, unless the call has completed and nothing can follow from it. */
  private mark(): void {
    if (this.marked) return;
    this.marked = true;
    if (!this.ended) this.world.awaited++;
    if (this.completed || this.world.ledger.fold(this)) return;
    this.world.ledger.issue({ kind: 'await', call: this.number });
  }

  private tellAll(): void {
    const waiting = this.waiters;
    this.waiters = NO_WAITERS;
    for (const waiter of waiting) if (!this.tell(waiter)) this.keep(waiter);
  }

  private keep(waiter: Waiter): void {
    if (this.waiters === NO_WAITERS) this.waiters = [waiter];
    else this.waiters.push(waiter);
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
    return waiter.value === null && this.several ? this.tellWhole(waiter) : this.tellOne(waiter, waiter.value ?? 0);
  }

  private tellOne(waiter: Waiter, index: number): boolean {
    const cell = this.look(index);
    if (cell.kind === 'ready') waiter.resolve(cell.value);
    else if (cell.kind === 'broken') waiter.reject(cell.error);
    else return false;
    return true;
  }

  private tellWhole(waiter: Waiter): boolean {
    const cells = this.cells.map((_, index) => this.look(index));
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

  /** The cell, decoded or asked for. */
  private look(index: number): Cell {
    const cell = this.cells[index];
    if (cell === undefined) return { kind: 'ready', value: undefined };
    if (cell.kind === 'text') {
      const seen = attempt(() => this.world.decode(cell.value));
      this.cells[index] = seen;
      return seen;
    }
    if (cell.kind === 'stored') {
      this.cells[index] = { kind: 'asked' };
      this.world.needs.push({ call: this, value: index });
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
