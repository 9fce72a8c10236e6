/**
 * The port of the evaluator, which executes the pipeline's logic.
 *
 * 1. `evaluate` is a function of the run's code, arguments, seed and history: the same request has
 *    the same answer. State in memory between two calls only saves time.
 * 2. Events of a request may never be recorded, or be recorded in another order: the commit that
 *    follows the answer may fail. An evaluation in memory therefore continues only if the run
 *    accepted its last answer, which `continues` names.
 * 3. The answer contains the commands from number `fromCommand` on, at most about `limit` of them.
 *    `more` is true if further commands follow at the same position. Request the next page with a
 *    higher `fromCommand`: paging has no state.
 *
 * @module
 */
import { type ErrorRecord, HeadraceError } from '../model/errors.ts';
import type { HistoryEvent, SignedCommand } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { ExternalEvaluator, RunInfo } from '../model/run.ts';

/** Reads the run's history in pages, from any number to the end. */
export interface HistoryReader {
  events(from: number): AsyncIterable<readonly HistoryEvent[]>;
  signatures(from: number): AsyncIterable<readonly string[]>;
}

export interface EvaluationRequest {
  readonly info: RunInfo;
  /** Names the request. It is absent if all of its events are on record, as is `continues`. */
  readonly id?: string | undefined;
  /** The id of the request whose answer the run accepted last: its evaluation can continue. */
  readonly continues?: string | undefined;
  /** Raised by a resume: an evaluation of an older generation cannot continue. */
  readonly generation: number;
  /** The logic is fed the events up to this number (exclusive). */
  readonly position: number;
  /**
   * Number of accepted commands: the answer starts here, and a replay is compared with the
   * signatures before.
   */
  readonly fromCommand: number;
  readonly history: HistoryReader;
  readonly limit: number;
  /**
   * Events that an evaluation in memory has at least been fed, if known: it needs only later ones
   * to continue.
   */
  readonly knownEvents?: number;
  /** The external evaluator of the run. Without it, the evaluator of the engine answers. */
  readonly externalEvaluator?: ExternalEvaluator | undefined;
}

export type LogicAnswer =
  | { readonly kind: 'page'; readonly commands: readonly SignedCommand[]; readonly more: boolean }
  /**
   * The logic cannot continue: it diverged, never yielded, or awaits something other than a step.
   * The run fails with `error`.
   */
  | { readonly kind: 'broken'; readonly error: ErrorRecord };

/** The state of an external evaluation without an answer. */
export type ExternalAnswer =
  /**
   * The external evaluator has not answered yet. A `logic.answered` transition announces its
   * answer. `refusal`: its job could not be launched yet, and the next sweep repeats the launch.
   */
  | { readonly kind: 'pending'; readonly refusal?: string | undefined }
  /** The job that evaluates the logic ended without an answer. */
  | { readonly kind: 'lost'; readonly reason: string };

/**
 * The process that evaluated the logic ended, or did not answer in time. The controller counts it,
 * and evaluates again.
 */
export interface EvaluatorCrash {
  readonly kind: 'crashed';
  readonly reason: string;
}

/** Crashes after which the logic of a run is not evaluated again. */
export const MAX_EVALUATOR_CRASHES = 2;

/** The logic ended the process that evaluated it. */
export class EvaluatorCrashedError extends HeadraceError {
  constructor(readonly reason: string) {
    super(
      `the pipeline's logic ended the function that ran it, twice (${reason}): it took too much memory or time. Large data and long computations belong into components`,
    );
  }
}

/** A single command is too large for an answer that is sent between processes. */
export class CommandTooLargeError extends HeadraceError {
  constructor() {
    super(
      "the pipeline's logic passes an argument that is too large: produce large data in a component, whose result is passed by reference",
    );
  }
}

/**
 * @typeParam A the answers: `LogicAnswer`, with `EvaluatorCrash` where another process evaluates,
 * and with `ExternalAnswer` where external evaluation is possible
 */
export interface Evaluator<A = LogicAnswer> {
  evaluate(request: EvaluationRequest): Promise<A>;
  /** Drops the evaluation of a run that is terminal, or whose commit failed after an evaluation. */
  drop(run: RunId): void;
}

/** The job that evaluates the logic of a run. */
export interface EvaluatorJob {
  readonly info: RunInfo;
  readonly generation: number;
  /** Number of earlier jobs that were lost. */
  readonly lostJobs: number;
}

/**
 * Jobs that evaluate logic. Each end of such a job is announced by a `logic.answered` transition.
 */
export interface EvaluatorJobs {
  /** Submits the job if it does not exist. */
  ensure(job: EvaluatorJob): Promise<EvaluatorJobState>;
}

export type EvaluatorJobState =
  | { readonly kind: 'live' }
  /** It could not be submitted, for a reason that may pass. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It ended, or can never be submitted. */
  | { readonly kind: 'ended'; readonly reason: string };
