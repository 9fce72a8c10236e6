/**
 * A call of a plain run.
 *
 * @module
 */
import type { Ref } from '../../src/model/value.ts';
import type { ComponentPlan } from './program.ts';

export interface PlainCall {
  readonly call: number;
  readonly name: string;
  readonly component: ComponentPlan;
  /**
   * The data with `null` in the place of each Lazy, and the Lazies' positions. A pre-execute
   * callback may change both.
   */
  args: readonly unknown[];
  refs: readonly Ref[];
  readonly digest: string;
  /** Calls and names that the call waits for. */
  readonly parents: ReadonlySet<number | string>;
  awaited: boolean;
}

export type Settled =
  | {
      readonly ok: true;
      readonly values: readonly unknown[];
      /** The positions of values that are no part of the event. */
      readonly stored: ReadonlySet<number>;
    }
  | { readonly ok: false; readonly error: Error; readonly step: string | null };

export interface PlainCallState extends PlainCall {
  settled: Settled | undefined;
  isCancelled: boolean;
  readonly settle: ((settled: Settled) => void)[];
  /** Its large values that were requested, and those that arrived. */
  readonly requestedValues: Map<number, (() => void)[]>;
  readonly arrivedValues: Set<number>;
}

/** An error of a call, as the logic observes it. */
export class NamedError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}
