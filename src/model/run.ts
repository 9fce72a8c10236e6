/**
 * A run's record and its state machine.
 *
 * @module
 */
import type { Artifact, Model } from './artifacts.ts';
import type { PipelineCode } from './code.ts';
import type { ErrorRecord } from './errors.ts';
import type { ReplayFlags } from './history.ts';
import type { RunId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { ComponentDeclaration, PipelineDeclaration } from './options.ts';
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
 * Who evaluates the logic of a run, if the engine's own evaluator does not: the process that started it (`caller`), or a job on the queue that its declaration
 * names (`job`). Both answer through the API.
 */
export type EvaluatedBy = 'caller' | 'job';

/** The evaluator of a run whose logic is evaluated elsewhere. */
export interface ExternalEvaluator {
  /** Counts the processes that took the evaluation upon them: only the last is listened to. 0: none did so far. */
  readonly epoch: number;
  /** The name that the process of this epoch gave itself. */
  readonly process: string;
  /** It was asked about `asked`, and the answer is not here. */
  readonly answerPending: boolean;
  /** Jobs that were lost: part of the next one's name. */
  readonly lostJobs: number;
}

/** What never changes after the run is created. */
export interface RunInfo {
  readonly id: RunId;
  readonly pipeline: string;
  readonly project: string;
  readonly version: string;
  /** Counts the runs of the pipeline from 1. */
  readonly number: number;
  readonly declaration: PipelineDeclaration;
  readonly code: PipelineCode;
  /** By parameter name; a parameter left out has its default from the source, where that is a literal. */
  readonly args: JsonObject;
  /** Feeds the logic's randomness. */
  readonly seed: string;
  readonly flags: ReplayFlags;
  readonly createdAt: number;
  /** Where the logic's clock begins, milliseconds since the epoch: the time of creation, a rerun's that of the run it repeats. */
  readonly clockStart: number;
  /** Caching is off for this run (`--no-cache`). */
  readonly noCache: boolean;
  /** The run that this one is a rerun of. */
  readonly rerunOf: RunId | null;
  /** Of a rerun that the controller makes: from which step of `rerunOf` it begins anew, and whether it has that run's code. It is done before anything else. */
  readonly rerunFrom?: { readonly step: string; readonly sameCode: boolean } | undefined;
  /** The queue of steps that name none: the pipeline's default, else the program's, else `default`. */
  readonly defaultQueue: string;
  readonly evaluatedBy?: EvaluatedBy | undefined;
}

/** Retries that one timer wakes: that of `call`, set for `at`, and of `calls` with it. */
export interface RetryBatch {
  readonly call: number;
  readonly generation: number;
  readonly at: number;
  readonly calls: readonly number[];
}

/** What changes: small, and of a size that does not grow with the run. */
export interface RunHead {
  readonly id: RunId;
  /** Raised by one with each commit; a commit against another revision is refused (rule 1). */
  readonly revision: number;
  readonly status: RunStatus;
  readonly tags: readonly string[];
  /** Raised by a resume: part of job names, so that a resumed step's job is another job. */
  readonly generation: number;
  /** Sweep timers set so far: each has one successor, for the firing of any but the last is stale. */
  readonly sweepCount: number;
  /** Events in the history. */
  readonly eventCount: number;
  /** Events that the logic was fed and whose commands were all accepted. */
  readonly position: number;
  /** Events that the evaluation under way is asked for; `paging`: its answer has further pages. */
  readonly requestedPosition: number;
  readonly answerPaging: boolean;
  /** Events whose children were all counted: what lies beyond is work that a dead controller left. */
  readonly countedEvents: number;
  /** Of event `counted`, children up to this call are counted; -1: none. */
  readonly lastCountedChild: number;
  /** Commands accepted. */
  readonly commandCount: number;
  readonly callCount: number;
  readonly sleepCount: number;
  /** Sleeps below `wokenBelow` have ended, and those in `woken`: each ends once. */
  readonly endedSleepsBelow: number;
  readonly endedSleeps: readonly number[];
  /** Groups fixed so far. */
  readonly groupCount: number;
  /** The logic has something to be told: a start, an awaited call's end, a timer, a callback. */
  readonly evaluationDue: boolean;
  /** Job names of groups that are fixed but perhaps not launched (rule 2). */
  readonly unlaunchedGroups: readonly string[];
  /** Steps not terminal, or whose end is not told yet. */
  readonly unfinishedSteps: number;
  /** Of these, steps that something other than a parent will move: queued, running, waiting for a timer, a lease or a callback. */
  readonly activeSteps: number;
  /** Sleeps of the logic that have not ended. */
  readonly pendingSleepCount: number;
  /** When some of these end, milliseconds since the epoch. */
  readonly pendingSleeps: readonly { readonly sleep: number; readonly at: number }[];
  /** Steps that failed, tolerated by nobody and handled by nobody. */
  readonly unhandledFailures: number;
  /** The call of one of them, to name it if the run fails for it; null if none is known. */
  readonly failedStep: number | null;
  readonly logicState: 'running' | 'returned' | 'threw';
  /** Names that steps with explicit parents wait for. */
  readonly missingParents: readonly string[];
  /** Steps that are launched again together with another: few, or they have timers of their own. */
  readonly retryBatches: readonly RetryBatch[];
  readonly abortReason: string | null;
  /** The end that `aborting` leads to, with its reason. */
  readonly abortOutcome: {
    readonly status: 'aborted' | 'failed';
    readonly error: ErrorRecord;
  } | null;
  readonly result: Value | null;
  readonly error: ErrorRecord | null;
  readonly artifacts: readonly Artifact[];
  readonly models: readonly Model[];
  /** What callbacks threw, the last ten. */
  readonly callbackErrors: readonly string[];
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Time of the last event: the next is never before it. */
  readonly lastEventAt: number;
  /** Calls that a resume or rerun may take over are on record. */
  readonly hasArchivedSteps: boolean;
  /** Only where `RunInfo.evaluatedBy` says so. */
  readonly externalEvaluator?: ExternalEvaluator | undefined;
}

export interface Run {
  readonly info: RunInfo;
  readonly head: RunHead;
}

/** A component as declared in this run, and how often it was called (for the names of its calls). */
export interface RunComponent {
  readonly declaration: ComponentDeclaration;
  readonly callCount: number;
}
