/**
 * A step's record and its state machine.
 *
 * @module
 */

import type { ArgumentPreview } from './argument-previews.ts';
import type { Artifact, Model, RunOutputs } from './artifacts.ts';
import type { ErrorRecord } from './errors.ts';
import type { JobIndex } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { StepLimit } from './limit-state.ts';
import type { UsedModel } from './use-model.ts';
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
  // `pending`: the engine ended before it started the job, and the step needs a slot again.
  queued: ['pending', 'running', 'failed', 'aborted', 'completed'],
  running: ['completed', 'failed', 'aborted'],
  failed: ['pending', 'aborted', 'superseded'],
  aborted: ['pending', 'superseded'],
  skipped: ['pending', 'superseded'],
  completed: ['superseded'],
  cached: ['superseded'],
  superseded: [],
};

/** Numbers of steps by status; a status without steps is absent. */
export type StatusCounts = Readonly<Partial<Record<StepStatus, number>>>;

/** The counts after a step changed from one status to another; undefined: it did not exist. */
export function movedCounts(
  counts: StatusCounts,
  from: StepStatus | undefined,
  to: StepStatus,
): StatusCounts {
  if (from === to) return counts;
  const { [from ?? to]: before = 0, ...others } = counts;
  if (from === undefined) return { ...others, [to]: before + 1 };
  const moved = { ...others, [to]: (counts[to] ?? 0) + 1 };
  return before > 1 ? { ...moved, [from]: before - 1 } : moved;
}

export const countStatuses = (steps: Iterable<Pick<Step, 'status'>>): StatusCounts => {
  let counts: StatusCounts = {};
  for (const { status } of steps) counts = movedCounts(counts, undefined, status);
  return counts;
};

export const canStepBecome = (from: StepStatus, to: StepStatus): boolean =>
  STEP_TRANSITIONS[from].includes(to);
export const isSuccess = (status: StepStatus): boolean =>
  status === 'completed' || status === 'cached';
export const isTerminalStep = (status: StepStatus): boolean =>
  !(status === 'pending' || status === 'queued' || status === 'running');

/** Why a queued attempt has not started. */
export interface Waiting {
  /** `launch`: its job could not be submitted yet. `queue`: its job waits in its queue. */
  readonly for: 'launch' | 'queue';
  readonly reason: string;
  /** When this was observed. An earlier observation that arrives later is ignored. */
  readonly at: number;
}

/** The step of a run, by name: the run may be removed. */
export interface StepOrigin {
  readonly run: string;
  readonly step: string;
}

/** A child run, by name: it may be removed. */
export interface ChildRun {
  readonly run: string;
  readonly pipeline: string;
  readonly number: number;
}

/** One execution of a step. Times are milliseconds since the epoch. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'aborted';
  readonly job: JobIndex;
  /** The id of the job that owns the attempt: the first job whose message arrived. */
  readonly owner?: string | undefined;
  /** Present only while the attempt is queued, and a reason is known. */
  readonly waiting?: Waiting | undefined;
  readonly logStream?: string | undefined;
  readonly exitCode?: number | null | undefined;
  readonly signal?: string | null | undefined;
  /** Why it failed or was aborted, as readable text. */
  readonly reason?: string | undefined;
  readonly error?: ErrorRecord | undefined;
  /**
   * A failure of the infrastructure (a reclaimed machine, a crashed engine) does not count against
   * `retryOnFailure`.
   */
  readonly infrastructure?: boolean | undefined;
  /**
   * What the attempt uploaded, once another attempt has replaced it. Until then it is on the step.
   * The oldest attempts of a step with large outputs have none.
   */
  readonly artifacts?: readonly Artifact[] | undefined;
  readonly models?: readonly Model[] | undefined;
  /** Its reports contain tables, images or confusion matrices. */
  readonly hasPlots?: true | undefined;
  readonly queuedAt: number;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

export const isTerminalAttempt = ({ status }: Pick<Attempt, 'status'>): boolean =>
  status !== 'queued' && status !== 'running';

/**
 * The reason why a step waits, in the order of a step's life; `none` once it is queued.
 *
 * - `parents`: incomplete parents.
 * - `preExecute`: the callback before its launch.
 * - `lease`: another step computes the same cache key.
 * - `limit`: a slot of its limit of concurrency.
 * - `backoff`: the timer of its retry.
 * - `retry`: the callback that decides on a retry (the step is `failed`).
 * - `postExecute`: the callback before its completion is recorded (the step is terminal).
 */
export type WaitReason =
  | 'parents'
  | 'preExecute'
  | 'lease'
  | 'limit'
  | 'backoff'
  | 'retry'
  | 'postExecute'
  | 'none';

export interface Step {
  /** The number among the calls of the run, from 0: the identity of the step. */
  readonly call: number;
  /** `stepOne`, `stepOne_1` … */
  readonly name: string;
  /** The component's declared name. */
  readonly component: string;
  readonly digest: string;
  readonly project: string;
  readonly taskType: string;
  /** The options that views show (`step-options.ts`). Absent: none is set. */
  readonly options?: JsonObject | undefined;
  readonly tags: readonly string[];
  readonly queue: string;
  readonly status: StepStatus;
  readonly waitingFor: WaitReason;
  readonly args: Arguments;
  /** Previews of `args` for views; absent in records of earlier versions. */
  readonly arguments?: readonly ArgumentPreview[] | undefined;
  /**
   * Calls that it depends on, by data or by the option `parents`, each once. At most the first 50;
   * the edges of the store contain all.
   */
  readonly parents: readonly number[];
  readonly parentNames: readonly string[];
  readonly parentCount: number;
  /** Names in the option `parents` that no call has yet. */
  readonly missingParents: readonly string[];
  /** Number of parents (and missing names) that are not complete yet. */
  readonly unmetParents: number;
  /**
   * Number of the last history event that was counted into `unmetParents`: each parent counts once
   * (rule 5).
   */
  readonly watermark: number;
  /** A handler was attached to its Lazy: its completion makes an evaluation due. */
  readonly awaited: boolean;
  /** It failed, and a handler was attached to it or to a step skipped because of it. */
  readonly handled: boolean;
  /** Its failure or abort does not fail the run (`continueOnFail`, `continueOnAbort`). */
  readonly tolerated: boolean;
  /** The logic cancelled it. It is `aborted`, which is no failure of the run. */
  readonly cancelled?: true | undefined;
  /** The step whose failure or abort is the reason for the skip. */
  readonly cause: number | null;
  /** The pre-execute callback has run. It does not run again before a retry. */
  readonly preExecuted: boolean;
  readonly cacheKey: string | null;
  /** The step holds the lease of `cacheKey`. */
  readonly holdsLease: boolean;
  /** The limit of concurrency whose slot it holds or waits for; absent if there is none. */
  readonly slot?: StepLimit | undefined;
  /** The step whose result it has, by a hit of the cache. */
  readonly cachedFrom: StepOrigin | null;
  /** The step of another run that a rerun took over; absent for a step of this run. */
  readonly adoptedFrom?: StepOrigin | undefined;
  /** The version of a registered model that it provides; only of a call of `useModel`. */
  readonly usedModel?: UsedModel | undefined;
  /** The run that the step started last, if it stands for a child run. */
  readonly childRun?: ChildRun | undefined;
  /** When its retry starts, milliseconds since the epoch; valid while it waits for `backoff`. */
  readonly retryAt?: number | undefined;
  readonly attempts: readonly Attempt[];
  /** Number of attempts before the last resume. They do not count against a budget of retries. */
  readonly attemptsBeforeResume: number;
  readonly values: readonly Value[] | null;
  readonly error: ErrorRecord | null;
  readonly artifacts: readonly Artifact[];
  readonly models: readonly Model[];
  /**
   * What its last attempt uploaded to the run. It is recorded on the run when the attempt completes,
   * and on each run that takes over the result; the uploads of an attempt that fails stay with the
   * attempt. Absent if there are none.
   */
  readonly runOutputs?: RunOutputs | undefined;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /**
   * The time at which a sweep first did not find the job of the last attempt; 0 if it was found.
   * After a while, the job counts as lost.
   */
  readonly jobMissingSince: number;
  /** The number of timers of this step that were set. Only the last one is not stale. */
  readonly timerGeneration: number;
}

/**
 * The fields of a step that is to be executed: none of them holds a result of an earlier execution.
 */
export const NOT_EXECUTED = {
  status: 'pending',
  handled: false,
  tolerated: false,
  cause: null,
  preExecuted: false,
  cacheKey: null,
  holdsLease: false,
  slot: undefined,
  cachedFrom: null,
  adoptedFrom: undefined,
  usedModel: undefined,
  childRun: undefined,
  values: null,
  error: null,
  endedAt: null,
  jobMissingSince: 0,
} as const satisfies Partial<Step>;

/** Why the step's job has not started, while it has not and a reason is known. */
export const waitingReasonOf = ({
  status,
  attempts,
}: Pick<Step, 'status'> & {
  readonly attempts: readonly { readonly waiting?: Pick<Waiting, 'reason'> | undefined }[];
}): string | null => (status === 'queued' ? (attempts.at(-1)?.waiting?.reason ?? null) : null);

/** The fields of a step without attempts. */
export const NO_ATTEMPTS = {
  attempts: [],
  attemptsBeforeResume: 0,
  artifacts: [],
  models: [],
  startedAt: null,
} as const satisfies Partial<Step>;
