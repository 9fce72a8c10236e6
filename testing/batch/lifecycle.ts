/**
 * The lifecycle of jobs, from their submission over their attempts to their end.
 *
 * 1. SUBMITTED → PENDING (while it waits for other jobs) → RUNNABLE → STARTING → RUNNING →
 *    SUCCEEDED or FAILED; a retry returns to RUNNABLE.
 * 2. A job starts only when its environment has enough free vCPUs. The first job of a queue blocks
 *    the later ones until it can start.
 * 3. A job fails if a job that it depends on fails. A cancelled job that waits for other jobs fails
 *    when these have ended.
 * 4. Every change of status is reported, in order, after the job's record has changed.
 *
 * @module
 */

import type { ArnScope } from './arns.ts';
import { type AttemptOptions, type AttemptResult, newAttempt, runAttempt } from './attempt.ts';
import {
  type Compute,
  type ComputeEnvironment,
  isFargate,
  isSpot,
  type JobQueue,
  maxVcpus,
} from './compute.ts';
import { Refusal } from './errors.ts';
import { isEnded, type Job, type Status } from './job.ts';
import { retries } from './retry.ts';
import { WaitingJobs } from './waiting-jobs.ts';

export interface LifecycleOptions extends AttemptOptions {
  readonly scope: ArnScope;
  readonly compute: Compute;
  /** Maximum number of running jobs on this machine, over all environments. */
  readonly maxRunning: number;
  readonly onStatus: (job: Job) => void;
  readonly onBlocked: (job: Job) => void;
}

const CHILDREN_PER_TURN = 500;

export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #waiting = new Map<JobQueue, WaitingJobs>();
  readonly #blockedJobs = new Map<Job, NodeJS.Timeout | undefined>();
  readonly #attempts = new Map<Job, Promise<void>>();
  #runningCount = 0;
  #dispatching = false;
  #closed = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Starts a stored job, after the caller has received its answer. */
  admit(job: Job): void {
    setImmediate(() => {
      if (job.children === undefined) this.#startOrWait(job);
      else this.#admitChildren(job, job.children, 0);
    });
  }

  #admitChildren(parent: Job, children: readonly Job[], from: number): void {
    if (from === 0) this.#setStatus(parent, 'PENDING');
    for (const child of children.slice(from, from + CHILDREN_PER_TURN)) this.#startOrWait(child);
    if (from + CHILDREN_PER_TURN < children.length)
      setImmediate(() => this.#admitChildren(parent, children, from + CHILDREN_PER_TURN));
  }

  #startOrWait(job: Job): void {
    if (isEnded(job)) return;
    for (const blocker of [...job.blockers]) {
      if (!isEnded(blocker)) continue;
      job.blockers.delete(blocker);
      if (blocker.status === 'FAILED') return this.#complete(job, 'FAILED', 'Dependent Job failed');
    }
    if (job.blockers.size > 0) {
      for (const blocker of job.blockers) blocker.dependents.push(job);
      return this.#setStatus(job, 'PENDING');
    }
    return this.#enqueue(job);
  }

  #enqueue(job: Job): void {
    if (job.cancelled) return this.#complete(job, 'FAILED', job.stopReason);
    this.#setStatus(job, 'RUNNABLE');
    const waiting = this.#waiting.get(job.spec.queue) ?? new WaitingJobs();
    this.#waiting.set(job.spec.queue, waiting);
    waiting.push(job);
    return this.dispatch();
  }

  /** Starts the waiting jobs that fit, in a later turn of the event loop. */
  dispatch(): void {
    if (this.#dispatching || this.#closed) return;
    this.#dispatching = true;
    setImmediate(() => {
      this.#dispatching = false;
      if (!this.#closed) this.#dispatchAll();
    });
  }

  #dispatchAll(): void {
    const queues = [...this.#waiting.keys()].sort((a, b) => b.priority - a.priority);
    for (const queue of queues) {
      const waiting = this.#waiting.get(queue);
      for (let job = waiting?.first(); job !== undefined; job = waiting?.first()) {
        if (this.#runningCount >= this.#options.maxRunning) return;
        const environment = findEnvironment(job, queue);
        if (typeof environment === 'string') {
          this.#reportBlocked(job, environment);
          break;
        }
        waiting?.shift();
        this.#clearBlocked(job);
        this.#start(job, environment);
      }
    }
  }

  /** Reports a job that can never start; cancels it if the queue has a time limit for that. */
  #reportBlocked(job: Job, reason: string): void {
    if (!reason.startsWith('MISCONFIGURATION') || this.#blockedJobs.has(job)) return;
    job.statusReason = reason;
    const limit = job.spec.queue.timeLimits.find((each) => reason.startsWith(each.reason));
    const timer =
      limit === undefined
        ? undefined
        : setTimeout(
            () =>
              this.cancel(
                job,
                `Canceled by JobStateTimeLimit action due to reason: ${limit.reason}`,
              ),
            limit.maxTimeSeconds * this.#options.secondMs,
          );
    this.#blockedJobs.set(job, timer);
    this.#options.onBlocked(job);
  }

  #clearBlocked(job: Job): void {
    clearTimeout(this.#blockedJobs.get(job));
    if (this.#blockedJobs.delete(job)) job.statusReason = undefined;
  }

  #start(job: Job, environment: ComputeEnvironment): void {
    environment.used += job.spec.resources.vcpus;
    this.#runningCount += 1;
    job.environment = environment;
    const attempt = newAttempt(this.#options.scope, job, environment);
    job.attempt = attempt;
    job.statusReason = undefined;
    // Before the status is reported, because its receiver may stop the job.
    const run = runAttempt(this.#options, job, attempt, () => {
      attempt.startedAt = Date.now();
      job.startedAt = attempt.startedAt;
      this.#setStatus(job, 'RUNNING');
    });
    this.#setStatus(job, 'STARTING');
    const finished = run.then((result) => {
      environment.used -= job.spec.resources.vcpus;
      this.#runningCount -= 1;
      this.#attempts.delete(job);
      this.#finish(job, environment, result);
      this.dispatch();
    });
    this.#attempts.set(job, finished);
  }

  #finish(job: Job, environment: ComputeEnvironment, { succeeded, cause }: AttemptResult): void {
    const attempt = job.attempt;
    if (attempt === undefined) return;
    attempt.stoppedAt = Date.now();
    if (cause?.kind === 'reclaim')
      attempt.statusReason = reclaimReason(environment, attempt.taskId);
    if (cause?.kind === 'timeout') attempt.statusReason = cause.reason;
    job.attempts.push(attempt);
    if (succeeded) return this.#complete(job, 'SUCCEEDED', attempt.statusReason);
    if (cause?.kind === 'terminate' || cause?.kind === 'timeout')
      return this.#complete(job, 'FAILED', cause.reason);
    const main =
      attempt.containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ??
      attempt.containers.find(({ reason }) => reason !== undefined);
    const outcome = {
      statusReason: attempt.statusReason,
      reason: main?.reason,
      exitCode: main?.exitCode,
    };
    if (this.#closed || !retries(job.spec.retry, job.attempts.length, outcome))
      return this.#complete(job, 'FAILED', attempt.statusReason);
    job.startedAt = undefined;
    job.statusReason = attempt.statusReason;
    return this.#enqueue(job);
  }

  #complete(job: Job, status: 'SUCCEEDED' | 'FAILED', reason: string | undefined): void {
    job.statusReason = reason;
    job.stoppedAt = Date.now();
    this.#setStatus(job, status);
    for (const dependent of job.dependents.splice(0)) {
      dependent.blockers.delete(job);
      if (isEnded(dependent)) continue;
      if (dependent.cancelled && dependent.blockers.size === 0)
        this.#complete(dependent, 'FAILED', dependent.stopReason);
      else if (status === 'FAILED') this.#complete(dependent, 'FAILED', 'Dependent Job failed');
      else if (dependent.blockers.size === 0 && dependent.status !== 'SUBMITTED')
        this.#enqueue(dependent);
    }
    const { parent } = job;
    if (
      parent?.summary === undefined ||
      parent.summary.SUCCEEDED + parent.summary.FAILED < (parent.children?.length ?? 0)
    )
      return;
    if (parent.summary.FAILED === 0) this.#complete(parent, 'SUCCEEDED', undefined);
    else this.#complete(parent, 'FAILED', parent.stopReason ?? 'Array Child Job failed');
  }

  #setStatus(job: Job, status: Status): void {
    if (job.parent?.summary !== undefined) {
      job.parent.summary[job.status] -= 1;
      job.parent.summary[status] += 1;
    }
    job.status = status;
    this.#options.onStatus(job);
  }

  /** Cancels a job that has not started; ignores a job that starts or runs, without an error. */
  cancel(job: Job, reason: string): void {
    if (isEnded(job) || job.status === 'STARTING' || job.status === 'RUNNING') return;
    job.cancelled = true;
    job.stopReason ??= reason;
    if (job.children !== undefined) {
      for (const child of job.children) this.cancel(child, reason);
      return;
    }
    this.#clearBlocked(job);
    if (job.status === 'RUNNABLE') this.#complete(job, 'FAILED', job.stopReason);
    this.dispatch();
  }

  terminate(job: Job, reason: string): void {
    if (isEnded(job)) return;
    job.terminated = true;
    job.stopReason ??= reason;
    if (job.children !== undefined) {
      for (const child of job.children) this.terminate(child, reason);
    } else if (job.status === 'STARTING' || job.status === 'RUNNING') {
      job.stop?.({ kind: 'terminate', reason: job.stopReason });
    } else {
      this.cancel(job, reason);
    }
  }

  /** @throws Refusal if the job does not run */
  reclaim(job: Job, kill: boolean): void {
    if (job.stop === undefined)
      throw new Refusal(
        `Job ${job.id} is ${job.status}: only the host of a running job can be reclaimed`,
      );
    job.stop({ kind: 'reclaim', kill });
  }

  /** Kills the running jobs and starts no further ones. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#blockedJobs.values()) clearTimeout(timer);
    for (const job of this.#attempts.keys()) job.stop?.({ kind: 'reclaim', kill: true });
    await Promise.all(this.#attempts.values());
    await this.#options.executor.close();
  }
}

/** Returns an environment with enough capacity, or the reason why there is none. */
function findEnvironment(job: Job, queue: JobQueue): ComputeEnvironment | string {
  const { platform, resources } = job.spec;
  const enabled = queue.environments.filter(({ state }) => state === 'ENABLED');
  if (enabled.length === 0)
    return 'ACTION_REQUIRED - All compute environments of the job queue are disabled.';
  const fitting = enabled.filter(
    (environment) => isFargate(environment) === (platform === 'FARGATE'),
  );
  if (fitting.length === 0)
    return `MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job requires ${platform}, which no compute environment of its queue provides.`;
  const large = fitting.filter((environment) => maxVcpus(environment) >= resources.vcpus);
  if (large.length === 0)
    return `MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - The job requires ${resources.vcpus} vCPU: more than the maximum of every compute environment of its queue.`;
  return (
    large.find((environment) => environment.used + resources.vcpus <= maxVcpus(environment)) ??
    'CAPACITY'
  );
}

const reclaimReason = (environment: ComputeEnvironment, taskId: string): string =>
  isFargate(environment) && isSpot(environment)
    ? 'Your Spot Task was interrupted.'
    : `Host EC2 (instance i-${taskId.slice(0, 17)}) terminated.`;
