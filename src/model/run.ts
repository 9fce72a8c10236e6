/**
 * A run's record and its state machine.
 *
 * @module
 */
import type { PipelineCode } from './code.ts';
import type { ErrorRecord } from './errors.ts';
import type { ReplayFlags } from './history.ts';
import type { JobIndex, RunId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { CallRanges } from './limit-state.ts';
import type { ComponentDeclaration, PipelineDeclaration } from './options.ts';
import type { RunInputs } from './run-inputs.ts';
import type { RunSignals } from './signals.ts';
import type { StatusCounts } from './step.ts';
import type { Value } from './value.ts';

export const RUN_STATUSES = [
  'queued',
  'running',
  'aborting',
  'completed',
  'failed',
  'aborted',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

const RUN_TRANSITIONS: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  queued: ['running', 'aborting', 'aborted', 'failed'],
  running: ['aborting', 'completed', 'failed', 'aborted'],
  aborting: ['aborted', 'failed'],
  completed: [],
  failed: ['running'],
  aborted: ['running'],
};

export const canRunBecome = (from: RunStatus, to: RunStatus): boolean =>
  RUN_TRANSITIONS[from].includes(to);
export const isTerminalRun = (status: RunStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'aborted';

/**
 * The external evaluator of a run's logic: the process that started the run (`caller`), or a job on
 * the queue that its declaration names (`job`). Both answer through the API.
 */
export type EvaluatedBy = 'caller' | 'job';

/** The state of a run's external evaluation. */
export interface ExternalEvaluator {
  /**
   * Counts the processes that claimed the evaluation. Only answers of the last one are accepted. 0:
   * none so far.
   */
  readonly epoch: number;
  /** The name with which the process of this epoch claimed the evaluation. */
  readonly process: string;
  /** The evaluation up to `requestedPosition` was requested, and there is no answer yet. */
  readonly answerPending: boolean;
  /** The number of lost jobs. It is part of the next job's name. */
  readonly lostJobs: number;
  /** Why its job could not be launched yet, and since when (milliseconds since the epoch). */
  readonly refused?: { readonly reason: string; readonly since: number } | undefined;
}

/** The step for which a child run was started. */
export interface ParentStep {
  readonly run: RunId;
  readonly pipeline: string;
  readonly number: number;
  readonly step: string;
  readonly call: number;
  /** The job of the attempt: a call has one for each attempt. */
  readonly job: JobIndex;
  /** The number of runs above this one. */
  readonly depth: number;
}

export type EncodedArgs = Readonly<Record<string, Value>>;

/** The part of a run that never changes. */
export interface RunInfo {
  readonly id: RunId;
  readonly pipeline: string;
  readonly project: string;
  readonly version: string;
  /** The number of the run among the runs of its pipeline, from 1. */
  readonly number: number;
  readonly declaration: PipelineDeclaration;
  readonly code: PipelineCode;
  /**
   * Arguments by parameter name. A missing parameter has its default from the source, if that is a
   * literal.
   */
  readonly args: JsonObject;
  /**
   * Arguments that have no form in JSON or are large, by parameter name. Only child runs have them.
   * In the place of each, `args` has a text for views. Large ones are objects of the run itself.
   */
  readonly encodedArgs?: EncodedArgs | undefined;
  /** The seed of the logic's random numbers. */
  readonly seed: string;
  readonly flags: ReplayFlags;
  readonly createdAt: number;
  /**
   * Start of the logic's clock, milliseconds since the epoch: the time of creation, or the
   * `clockStart` of the run that a rerun repeats.
   */
  readonly clockStart: number;
  /** Every step is executed (`--no-cache`). Results are stored in the cache all the same. */
  readonly noCache: boolean;
  /** The run that this one is a rerun of. */
  readonly rerunOf: RunId | null;
  /**
   * The pending adoption of a rerun: the first step of `rerunOf` that runs again (null: all
   * completed calls are adopted), and whether the code is the same. The controller applies it
   * before anything else.
   */
  readonly rerunFrom?: { readonly step: string | null; readonly sameCode: boolean } | undefined;
  /**
   * The queue of steps without a queue of their own: the pipeline's default, else the program's,
   * else `default`.
   */
  readonly defaultQueue: string;
  readonly evaluatedBy?: EvaluatedBy | undefined;
  /** The step of another run that started this one. */
  readonly parent?: ParentStep | undefined;
  /** The files that its starter uploaded for `inputFile`. */
  readonly inputs?: RunInputs | undefined;
  /**
   * Who started the run (`model/run-creator.ts`); a child run has that of its parent. Absent:
   * unknown.
   */
  readonly createdBy?: string | undefined;
}

/** A run without a number: the store numbers it when it is created. */
export type NewRun = Omit<RunInfo, 'number'>;

/** Retries that one timer starts: the retry of `call`, set for `at`, and the retries of `calls`. */
export interface RetryBatch {
  readonly call: number;
  readonly generation: number;
  readonly at: number;
  readonly calls: readonly number[];
}

/** The timer that checks the limits of concurrency that steps of the run wait for. */
export interface LimitCheck {
  /** That of the last timer. */
  readonly generation: number;
  /** The limits that steps wait for. If there are none, no timer is set. */
  readonly keys: readonly string[];
}

/** Calls that no longer need a slot of the limit `key`. */
export interface EndedSlots {
  readonly key: string;
  readonly calls: CallRanges;
}

/** The part of a run that changes. It is small, and does not grow with the run. */
export interface RunHead {
  readonly id: RunId;
  /** Raised by one with each commit. A commit against another revision is rejected (rule 1). */
  readonly revision: number;
  readonly status: RunStatus;
  readonly tags: readonly string[];
  /** A text of the run's users; absent without one. */
  readonly note?: string | undefined;
  /** Lists leave the run out. Only a run that has ended is archived. */
  readonly archived?: true | undefined;
  /** Raised by a resume. It is part of job names, so a resumed step has a new job. */
  readonly generation: number;
  /**
   * The number of sweep timers set so far. Only the last one is not stale, so each has one
   * successor.
   */
  readonly sweepCount: number;
  /** Number of events in the history. */
  readonly eventCount: number;
  /** Number of events that the logic was fed and whose commands are all accepted. */
  readonly position: number;
  /** The id of the evaluator's request whose answer was accepted last; absent before the first. */
  readonly evaluation?: string | undefined;
  /** Number of events of the requested evaluation. */
  readonly requestedPosition: number;
  /** The answer to the requested evaluation has further pages. */
  readonly answerPaging: boolean;
  /** Number of events whose children are all counted. Later events are the work that remains. */
  readonly countedEvents: number;
  /** Of event `countedEvents`, the children up to this call are counted; -1: none. */
  readonly lastCountedChild: number;
  /** Number of accepted commands. */
  readonly commandCount: number;
  readonly callCount: number;
  readonly sleepCount: number;
  /** Sleeps below `endedSleepsBelow` have ended, and those in `endedSleeps`: each ends once. */
  readonly endedSleepsBelow: number;
  readonly endedSleeps: readonly number[];
  /** Number of groups that were fixed so far. */
  readonly groupCount: number;
  /**
   * An event requires an evaluation: the start, an awaited completion, an ended sleep, a callback.
   */
  readonly evaluationDue: boolean;
  /** Job names of the groups of the last commit. They may not be launched yet (rule 2). */
  readonly unlaunchedGroups: readonly string[];
  /** Number of steps whose completion is not recorded. */
  readonly unfinishedSteps: number;
  /**
   * Number of these that do not wait for a parent: queued, running, or waiting for a timer, a lease
   * or a callback.
   */
  readonly activeSteps: number;
  /** Steps by status, for views; absent in records of earlier versions. */
  readonly stepCounts?: StatusCounts | undefined;
  /** Number of sleeps that have not ended. */
  readonly pendingSleepCount: number;
  /** The end times of some of these, milliseconds since the epoch. */
  readonly pendingSleeps: readonly { readonly sleep: number; readonly at: number }[];
  /** Absent until the first signal or wait. */
  readonly signals?: RunSignals | undefined;
  /** Number of failed steps that are neither tolerated nor handled. */
  readonly unhandledFailures: number;
  /** The call of one of them, for the error of the run; null if none is known. */
  readonly failedStep: number | null;
  readonly logicState: 'running' | 'returned' | 'threw';
  /** Names in the option `parents` that steps wait for. */
  readonly missingParents: readonly string[];
  /**
   * Retries that share a timer. Their number is limited; further retries have timers of their own.
   */
  readonly retryBatches: readonly RetryBatch[];
  /** Absent until a step waits for a limit of concurrency. */
  readonly limitCheck?: LimitCheck | undefined;
  /** Slots of limits that steps of the last commit held. They may not be free yet (rule 2). */
  readonly endedSlots?: readonly EndedSlots[] | undefined;
  readonly abortReason: string | null;
  /** `logic`: a callback aborted the run. Absent: another caller, or no one. */
  readonly abortedBy?: 'logic' | undefined;
  /** The status that follows `aborting`, with its error. */
  readonly abortOutcome: {
    readonly status: 'aborted' | 'failed';
    readonly error: ErrorRecord;
  } | null;
  readonly result: Value | null;
  readonly error: ErrorRecord | null;
  /** The last ten errors of callbacks. */
  readonly callbackErrors: readonly string[];
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Time of the last event. The next one is never earlier. */
  readonly lastEventAt: number;
  /** There are archived steps that calls may adopt. */
  readonly hasArchivedSteps: boolean;
  /**
   * Crashes of the evaluator's process since its last answer; absent before the first one. The
   * count is on record, because a controller may end with the evaluator that it waits for.
   */
  readonly evaluatorCrashes?: number | undefined;
  /** Present if `RunInfo.evaluatedBy` is. */
  readonly externalEvaluator?: ExternalEvaluator | undefined;
}

export interface Run {
  readonly info: RunInfo;
  readonly head: RunHead;
}

/**
 * A component as declared in this run, and the number of its calls (for the names of its steps).
 */
export interface RunComponent {
  readonly declaration: ComponentDeclaration;
  readonly callCount: number;
}
