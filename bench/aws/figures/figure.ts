/**
 * A figure: a number, its limit and its parts.
 *
 * @module
 */
import type { Statement } from '../ledger.ts';

export interface Figure {
  readonly key: string;
  readonly value: number;
  readonly unit: string;
  /** The largest allowed value; `undefined` if there is no limit. */
  readonly highest?: number;
  readonly what: string;
  /** Requests by service, for the given number of steps. */
  readonly parts?: { readonly statement: Statement; readonly steps: number } | undefined;
  /** Amounts that add up to the value. */
  readonly sums?: readonly (readonly [what: string, amount: number])[];
}

export interface CollectOptions {
  /** Small runs, which show that everything works and that fixed costs have not changed. */
  readonly quick: boolean;
}

export interface Concern {
  readonly name: string;
  readonly keys: readonly string[];
  /** Runs the concern and returns its figures. */
  collect(options: CollectOptions): Promise<readonly Figure[]>;
}
