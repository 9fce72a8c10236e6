/**
 * The port of the jobs that execute steps.
 *
 * 1. `submit` of a group whose job exists does nothing (jobs have deterministic names), except in
 *    queues where `findsJobs` is false.
 * 2. Each end of a job whose result no queue accepted is reported by a `job.ended` transition, at
 *    least once, after the last message of the job itself. A job that is a function reports
 *    `redelivered` instead, if it ended without a result.
 *
 * @module
 */
import type { JobSettings } from '../model/container-settings.ts';
import type { ErrorRecord } from '../model/errors.ts';
import type { JobIndex } from '../model/ids.ts';
import type { RunInfo } from '../model/run.ts';
import type { StepSpec } from '../model/spec.ts';

export interface JobGroup {
  readonly name: string;
  readonly queue: string;
  /** In the order of the group's members: a job's index is the index in this list. */
  readonly specs: readonly StepSpec[];
  /** Settings of the container. A subprocess ignores them. */
  readonly container: JobSettings;
  /** The steps read files of the machine on which the run was started (`inputFile`). */
  readonly readsHostFiles?: true | undefined;
  /** Set if runs of another pipeline stand for the jobs. */
  readonly childRuns?: ChildRunGroup | undefined;
}

/** The child runs of a group. */
export interface ChildRunGroup {
  /** The called pipeline, by the id of its declaration. */
  readonly pipelineId: string;
  readonly parent: RunInfo;
  /** For each member, the job of the attempt before this one. */
  readonly previousJobs: readonly (JobIndex | undefined)[];
}

/** A group whose job does not exist, as far as is known. */
export interface LaunchRefusal {
  /**
   * The request itself is invalid: repeating it is useless, and the steps fail. Otherwise the
   * launch is repeated later.
   */
  readonly permanent: boolean;
  readonly reason: string;
  /** The error of the steps after a permanent refusal, in place of one with the reason. */
  readonly error?: ErrorRecord | undefined;
}

/** The state of a job is unknown now. The request was refused or failed, and may be repeated. */
export class JobStateUnavailableError extends Error {}

/**
 * A turn failed before it had launched all groups that it fixed, at least one of them in a queue
 * where `findsJobs` is false. Its batch must be delivered again before any other one of the run.
 */
export class LaunchInterruptedError extends Error {}

export interface Jobs {
  /**
   * Returns why the group was not launched; undefined if its job exists.
   *
   * @param isNew the caller's last commit fixed the group, so it was never submitted: no lookup is
   * needed
   * @param started indexes of members whose jobs have started, in addition to those on record
   */
  submit(
    group: JobGroup,
    isNew?: boolean,
    started?: ReadonlySet<number>,
  ): Promise<LaunchRefusal | undefined>;
  /**
   * Whether `submit` finds a job of this queue that waits. If it does not, a group that is submitted
   * again has a second job for each member that has not started.
   */
  findsJobs(queue: string): boolean;
  /**
   * `unknown`: the job was never submitted, or its record has expired.
   *
   * @throws JobStateUnavailableError
   */
  state(job: JobIndex): Promise<'unknown' | 'waiting' | 'running' | 'ended'>;
  /**
   * Why a waiting job has not started; undefined if no reason is known.
   *
   * @param queuedAt the time since which it waits
   */
  waitingReason?(job: JobIndex, queuedAt: number): Promise<string | undefined>;
  /**
   * Terminates a job that waits or runs; for any other job, it does nothing. With `id`, it
   * terminates only the job with that id (a second job of one attempt).
   */
  terminate(job: JobIndex, reason: string, id?: string): Promise<void>;
  /**
   * Whether a terminated job of this queue reports its end. If it does not, the controller ends the
   * attempt itself, and ignores what the job still sends.
   */
  reportsTermination(queue: string): boolean;
}
