/**
 * A figure: a number that is counted, what it must reach, and what it is made of.
 *
 * @module
 */
import type { Statement } from '../ledger.ts';

export interface Figure {
  readonly key: string;
  readonly value: number;
  readonly unit: string;
  /** What it must not be above; undefined: it is only told. */
  readonly highest?: number;
  readonly what: string;
  /** Requests by service, for so many steps. */
  readonly parts?: { readonly statement: Statement; readonly steps: number } | undefined;
  /** Amounts that add up to the value. */
  readonly sums?: readonly (readonly [what: string, amount: number])[];
}

export interface Extent {
  /**
   * Small runs: to see that all works, and that the costs that do not depend on the size are as
   * they were.
   */
  readonly quick: boolean;
}

export interface Concern {
  readonly name: string;
  readonly keys: readonly string[];
  take(extent: Extent): Promise<readonly Figure[]>;
}
