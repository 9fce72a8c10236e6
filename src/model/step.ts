/**
 * A step's record and its state machine.
 *
 * @module
 */
import type { Artifact, Model } from './artifacts.ts';
import type { ErrorRecord } from './errors.ts';
import type { JobIndex } from './ids.ts';
import type { Arguments, Value } from './value.ts';

export const STEP_STATUSES = [
  'pending',
  'queued',
  'running',
  'completed',
  'failed',
  'aborted',
  'cached',
  'skipped',
  'superseded',
] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

const STEP_TRANSITIONS: Readonly<Record<StepStatus, readonly StepStatus[]>> = {
  pending: ['queued', 'cached', 'skipped', 'aborted', 'completed', 'failed'],
  queued: ['running', 'failed', 'aborted', 'completed'],
  running: ['completed', 'failed', 'aborted'],
  failed: ['pending', 'superseded'],
  aborted: ['pending', 'superseded'],
  skipped: ['pending', 'superseded'],
  completed: ['superseded'],
  cached: ['superseded'],
  superseded: [],
};

export const canStepBecome = (from: StepStatus, to: StepStatus): boolean =>
  STEP_TRANSITIONS[from].includes(to);
export const isSuccess = (status: StepStatus): boolean =>
  status === 'completed' || status === 'cached';
export const isTerminalStep = (status: StepStatus): boolean =>
  !(status === 'pending' || status === 'queued' || status === 'running');

/** One execution of a step. Times are milliseconds since the epoch. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'aborted';
  readonly job: JobIndex;
  /** Who owns the attempt: the id of the first job that said `started`. */
  readonly owner?: string | undefined;
  readonly logStream?: string | undefined;
  readonly exitCode?: number | null | undefined;
  readonly signal?: string | null | undefined;
  /** Why it failed or was aborted, for people. */
  readonly reason?: string | undefined;
  readonly error?: ErrorRecord | undefined;
  /** The infrastructure's fault (a reclaimed machine, a dead engine): it does not count against `retryOnFailure`. */
  readonly infrastructure?: boolean | undefined;
  readonly queuedAt: number;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/**
 * What a pending step waits for, in this order; `none` once it is queued.
 * `parents`: unmet parents. `preExecute`: its callback. `lease`: another run executes the same cache key. `backoff`: the timer of its retry.
 * `retry`: the callback that decides on a retry (the step is `failed`). `postExecute`: the callback after its end (the step is terminal, its end not yet told).
 */
export type WaitReason =
  | 'parents'
  | 'preExecute'
  | 'lease'
  | 'backoff'
  | 'retry'
  | 'postExecute'
  | 'none';

export interface Step {
  /** Its number among the calls of the run: its identity. */
  readonly call: number;
  /** `stepOne`, `stepOne_1` … */
  readonly name: string;
  /** The component's declared name. */
  readonly component: string;
  readonly digest: string;
  readonly project: string;
  readonly taskType: string;
  readonly tags: readonly string[];
  readonly queue: string;
  readonly status: StepStatus;
  readonly waitingFor: WaitReason;
  readonly args: Arguments;
  /** Calls it depends on, data and explicit, each once. A step with very many has them by the edges of the store alone: then this holds the first 50. */
  readonly parents: readonly number[];
  readonly parentNames: readonly string[];
  readonly parentCount: number;
  /** Names in the option `parents` that no call has answered yet. */
  readonly missingParents: readonly string[];
  /** Parents (and missing names) that have not succeeded yet. */
  readonly unmetParents: number;
  /** Number of the last history event that was counted into `unmet`: each parent counts once (rule 5). */
  readonly watermark: number;
  /** A handler was attached to its Lazy: the logic is evaluated when it ends. */
  readonly awaited: boolean;
  /** It failed, and a handler was attached to it or to a step skipped because of it. */
  readonly handled: boolean;
  /** Its failure or abort does not fail the run (`continueOnFail`, `continueOnAbort`). */
  readonly tolerated: boolean;
  /** The step whose failure or abort made this one be skipped. */
  readonly cause: number | null;
  /** The pre-execute callback has answered: it is asked once per attempt sequence, not again on a retry. */
  readonly preExecuted: boolean;
  readonly cacheKey: string | null;
  /** Holds the lease of `cacheKey`: it will publish there. */
  readonly holdsLease: boolean;
  readonly cachedFrom: { readonly run: string; readonly step: string } | null;
  readonly attempts: readonly Attempt[];
  /** Attempts before the last resume: they count against no budget of retries. */
  readonly attemptsBeforeResume: number;
  readonly values: readonly Value[] | null;
  readonly error: ErrorRecord | null;
  readonly artifacts: readonly Artifact[];
  readonly models: readonly Model[];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** When a sweep first could not find the job of the last attempt; one that misses it some time later gives it up. 0: it was found. */
  readonly jobMissingSince: number;
  /** Times that a timer of this step was set: an older one's firing is stale. */
  readonly timerGeneration: number;
}

/** The fields of a step that is to be executed: none of them holds a result of an earlier execution. */
export const NOT_EXECUTED = {
  status: 'pending',
  handled: false,
  tolerated: false,
  cause: null,
  preExecuted: false,
  cacheKey: null,
  holdsLease: false,
  cachedFrom: null,
  values: null,
  error: null,
  endedAt: null,
  jobMissingSince: 0,
} as const satisfies Partial<Step>;

/** The fields of a step without attempts. */
export const NO_ATTEMPTS = {
  attempts: [],
  attemptsBeforeResume: 0,
  artifacts: [],
  models: [],
  startedAt: null,
} as const satisfies Partial<Step>;
