/**
 * The port to what runs the pipeline's logic.
 *
 * 1. `evaluate` is a function of the run's code, arguments, seed and history: asked again, it answers the same. What it keeps in memory
 *    between two calls only saves time.
 * 2. The answer holds the commands from number `commands` on, at most about `limit` of them; `more` says that others follow at the same position.
 *    The next page is asked for with `commands` raised: paging has no state.
 *
 * @module
 */
import type { ErrorRecord } from '../model/errors.ts';
import type { HistoryEvent, SignedCommand } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { RunInfo } from '../model/run.ts';

/** The run's history, in pages, from any number on. Ends where the history ends. */
export interface HistoryReader {
  events(from: number): AsyncIterable<readonly HistoryEvent[]>;
  signatures(from: number): AsyncIterable<readonly string[]>;
}

export interface EvaluationRequest {
  readonly info: RunInfo;
  /** Raised by a resume: an evaluation of an older generation is of no use. */
  readonly generation: number;
  /** Feed the logic events up to this number (exclusive). */
  readonly position: number;
  /** Commands accepted so far: the answer begins here, and a replay is compared with the signatures before it. */
  readonly commands: number;
  readonly history: HistoryReader;
  readonly limit: number;
  /** Events that an evaluation which is still in memory was told of at the least, if that is known: the rest is what it needs to go on. */
  readonly told?: number;
}

export type Answer =
  | { readonly kind: 'page'; readonly commands: readonly SignedCommand[]; readonly more: boolean }
  /** The logic cannot go on: it diverged, never yielded, or awaits something outside. The run fails with `error`. */
  | { readonly kind: 'broken'; readonly error: ErrorRecord };

export interface Evaluator {
  evaluate(request: EvaluationRequest): Promise<Answer>;
  /** Forgets the run: it ended, or a commit failed after an evaluation. */
  drop(run: RunId): void;
}
