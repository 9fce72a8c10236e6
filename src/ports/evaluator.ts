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
import { type ErrorRecord, HeadraceError } from '../model/errors.ts';
import type { HistoryEvent, SignedCommand } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { ExternalEvaluator, RunInfo } from '../model/run.ts';

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
  readonly fromCommand: number;
  readonly history: HistoryReader;
  readonly limit: number;
  /** Events that an evaluation which is still in memory was told of at the least, if that is known: the rest is what it needs to go on. */
  readonly knownEvents?: number;
  /** Who is to answer, if the logic is evaluated elsewhere. Without it, the evaluator of the engine answers, for every run. */
  readonly externalEvaluator?: ExternalEvaluator | undefined;
}

export type LogicAnswer =
  | { readonly kind: 'page'; readonly commands: readonly SignedCommand[]; readonly more: boolean }
  /** The logic cannot go on: it diverged, never yielded, or awaits something outside. The run fails with `error`. */
  | { readonly kind: 'broken'; readonly error: ErrorRecord };

/** What is known of an evaluation elsewhere while there is no answer. */
export type ExternalAnswer =
  /** Whoever evaluates the logic elsewhere has not answered yet; that it did is told by `logic.answered`. */
  | { readonly kind: 'pending' }
  /** The job that was to evaluate the logic ended without having done so. */
  | { readonly kind: 'lost'; readonly reason: string };

/** One command alone is too large for an answer that has to travel. */
export class CommandTooLargeError extends HeadraceError {
  constructor() {
    super(
      "the pipeline's logic passes an argument that is too large to leave it: large data belongs into components, which pass it on by reference",
    );
  }
}

/** `A`: what it says. Where logic may be evaluated elsewhere, `Answer | Elsewhere`. */
export interface Evaluator<A = LogicAnswer> {
  evaluate(request: EvaluationRequest): Promise<A>;
  /** Forgets the run: it ended, or a commit failed after an evaluation. */
  drop(run: RunId): void;
}

/** Which job is to evaluate the logic of a run. */
export interface EvaluatorJob {
  readonly info: RunInfo;
  readonly generation: number;
  /** Such jobs that were lost before. */
  readonly lostJobs: number;
}

/** Jobs that evaluate logic. Whatever ends one, `logic.answered` tells of it. */
export interface EvaluatorJobs {
  /** Sees to it that the job is there. The answer is why it is over, if it is. */
  ensure(job: EvaluatorJob): Promise<string | undefined>;
}
