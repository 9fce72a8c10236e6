/**
 * The life of jobs: from their submission over their attempts to their end.
 *
 * 1. SUBMITTED → PENDING (while it waits for other jobs) → RUNNABLE → STARTING → RUNNING →
 *    SUCCEEDED or FAILED; a retry goes back to RUNNABLE.
 * 2. A job runs only while its environment has its vCPUs free. The first job of a queue that has no
 *    room holds up those behind it.
 * 3. A job that depends on one that failed fails. A cancelled job that waits for others fails once
 *    these ended.
 * 4. Every change of status is told, in its order, after the job shows it.
 *
 * @module
 */
import { type AttemptEnd, type AttemptOptions, newAttempt, runAttempt } from './attempt.ts';
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
import { Line } from './line.ts';
import type { Place } from './place.ts';
import { retries } from './retry.ts';

export interface LifecycleOptions extends AttemptOptions {
  readonly place: Place;
  readonly compute: Compute;
  /** Jobs that run at once on this machine, whatever the environments' vCPUs. */
  readonly maxRunning: number;
  readonly onStatus: (job: Job) => void;
  readonly onBlocked: (job: Job) => void;
}

const CHILDREN_PER_TURN = 500;

export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #lines = new Map<JobQueue, Line>();
  readonly #stuck = new Map<Job, NodeJS.Timeout | undefined>();
  /** The attempts that run. */
  readonly #running = new Map<Job, Promise<void>>();
  #places = 0;
  #dispatching = false;
  #closed = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Takes up a job that was stored; the caller has its answer before anything happens. */
  admit(job: Job): void {
    setImmediate(() => {
      if (job.children === undefined) this.#begin(job);
      else this.#admitChildren(job, job.children, 0);
    });
  }

  #admitChildren(parent: Job, children: readonly Job[], from: number): void {
    if (from === 0) this.#move(parent, 'PENDING');
    for (const child of children.slice(from, from + CHILDREN_PER_TURN)) this.#begin(child);
    if (from + CHILDREN_PER_TURN < children.length)
      setImmediate(() => this.#admitChildren(parent, children, from + CHILDREN_PER_TURN));
  }

  #begin(job: Job): void {
    if (isEnded(job)) return;
    for (const blocker of [...job.blockers]) {
      if (!isEnded(blocker)) continue;
      job.blockers.delete(blocker);
      if (blocker.status === 'FAILED') return this.#end(job, 'FAILED', 'Dependent Job failed');
    }
    if (job.blockers.size > 0) {
      for (const blocker of job.blockers) blocker.dependents.push(job);
      return this.#move(job, 'PENDING');
    }
    return this.#ready(job);
  }

  #ready(job: Job): void {
    if (job.cancelled) return this.#end(job, 'FAILED', job.stopReason);
    this.#move(job, 'RUNNABLE');
    const line = this.#lines.get(job.spec.queue) ?? new Line();
    this.#lines.set(job.spec.queue, line);
    line.push(job);
    return this.dispatch();
  }

  /** Looks for room for the jobs that wait, soon. */
  dispatch(): void {
    if (this.#dispatching || this.#closed) return;
    this.#dispatching = true;
    setImmediate(() => {
      this.#dispatching = false;
      if (!this.#closed) this.#dispatchAll();
    });
  }

  #dispatchAll(): void {
    const queues = [...this.#lines.keys()].sort((a, b) => b.priority - a.priority);
    for (const queue of queues) {
      const line = this.#lines.get(queue);
      for (let job = line?.first(); job !== undefined; job = line?.first()) {
        if (this.#places >= this.#options.maxRunning) return;
        const environment = roomFor(job, queue);
        if (typeof environment === 'string') {
          this.#blocked(job, environment);
          break;
        }
        line?.shift();
        this.#unblocked(job);
        this.#start(job, environment);
      }
    }
  }

  /** What never has room is told of, and cancelled when the queue has a limit for that. */
  #blocked(job: Job, reason: string): void {
    if (!reason.startsWith('MISCONFIGURATION') || this.#stuck.has(job)) return;
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
    this.#stuck.set(job, timer);
    this.#options.onBlocked(job);
  }

  #unblocked(job: Job): void {
    clearTimeout(this.#stuck.get(job));
    if (this.#stuck.delete(job)) job.statusReason = undefined;
  }

  #start(job: Job, environment: ComputeEnvironment): void {
    environment.used += job.spec.resources.vcpus;
    this.#places += 1;
    job.environment = environment;
    const attempt = newAttempt(this.#options.place, job, environment);
    job.attempt = attempt;
    job.statusReason = undefined;
    // Before the status is told: who hears of it may stop the job.
    const run = runAttempt(this.#options, job, attempt, () => {
      attempt.startedAt = Date.now();
      job.startedAt = attempt.startedAt;
      this.#move(job, 'RUNNING');
    });
    this.#move(job, 'STARTING');
    const done = run.then((end) => {
      environment.used -= job.spec.resources.vcpus;
      this.#places -= 1;
      this.#running.delete(job);
      this.#finish(job, environment, end);
      this.dispatch();
    });
    this.#running.set(job, done);
  }

  #finish(job: Job, environment: ComputeEnvironment, { succeeded, cause }: AttemptEnd): void {
    const attempt = job.attempt;
    if (attempt === undefined) return;
    attempt.stoppedAt = Date.now();
    if (cause?.kind === 'reclaim')
      attempt.statusReason = reclaimReason(environment, attempt.taskId);
    if (cause?.kind === 'timeout') attempt.statusReason = cause.reason;
    job.attempts.push(attempt);
    if (succeeded) return this.#end(job, 'SUCCEEDED', attempt.statusReason);
    if (cause?.kind === 'terminate' || cause?.kind === 'timeout')
      return this.#end(job, 'FAILED', cause.reason);
    const main =
      attempt.containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ??
      attempt.containers.find(({ reason }) => reason !== undefined);
    const outcome = {
      statusReason: attempt.statusReason,
      reason: main?.reason,
      exitCode: main?.exitCode,
    };
    if (this.#closed || !retries(job.spec.retry, job.attempts.length, outcome))
      return this.#end(job, 'FAILED', attempt.statusReason);
    job.startedAt = undefined;
    job.statusReason = attempt.statusReason;
    return this.#ready(job);
  }

  #end(job: Job, status: 'SUCCEEDED' | 'FAILED', reason: string | undefined): void {
    job.statusReason = reason;
    job.stoppedAt = Date.now();
    this.#move(job, status);
    for (const dependent of job.dependents.splice(0)) {
      dependent.blockers.delete(job);
      if (isEnded(dependent)) continue;
      if (dependent.cancelled && dependent.blockers.size === 0)
        this.#end(dependent, 'FAILED', dependent.stopReason);
      else if (status === 'FAILED') this.#end(dependent, 'FAILED', 'Dependent Job failed');
      else if (dependent.blockers.size === 0 && dependent.status !== 'SUBMITTED')
        this.#ready(dependent);
    }
    const { parent } = job;
    if (
      parent?.summary === undefined ||
      parent.summary.SUCCEEDED + parent.summary.FAILED < (parent.children?.length ?? 0)
    )
      return;
    if (parent.summary.FAILED === 0) this.#end(parent, 'SUCCEEDED', undefined);
    else this.#end(parent, 'FAILED', parent.stopReason ?? 'Array Child Job failed');
  }

  #move(job: Job, status: Status): void {
    if (job.parent?.summary !== undefined) {
      job.parent.summary[job.status] -= 1;
      job.parent.summary[status] += 1;
    }
    job.status = status;
    this.#options.onStatus(job);
  }

  /** Cancels what does not run yet; a job that starts or runs is left alone, without a word. */
  cancel(job: Job, reason: string): void {
    if (isEnded(job) || job.status === 'STARTING' || job.status === 'RUNNING') return;
    job.cancelled = true;
    job.stopReason ??= reason;
    if (job.children !== undefined) {
      for (const child of job.children) this.cancel(child, reason);
      return;
    }
    this.#unblocked(job);
    if (job.status === 'RUNNABLE') this.#end(job, 'FAILED', job.stopReason);
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

  /** @throws Refusal when the job does not run */
  reclaim(job: Job, kill: boolean): void {
    if (job.stop === undefined)
      throw new Refusal(
        `Job ${job.id} is ${job.status}: only a running job's host can be reclaimed`,
      );
    job.stop({ kind: 'reclaim', kill });
  }

  /** Kills what runs, and lets nothing start any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#stuck.values()) clearTimeout(timer);
    for (const job of this.#running.keys()) job.stop?.({ kind: 'reclaim', kill: true });
    await Promise.all(this.#running.values());
    await this.#options.executor.close();
  }
}

/** An environment with room, or why there is none. */
function roomFor(job: Job, queue: JobQueue): ComputeEnvironment | string {
  const { platform, resources } = job.spec;
  const enabled = queue.environments.filter(({ state }) => state === 'ENABLED');
  if (enabled.length === 0)
    return 'ACTION_REQUIRED - All compute environments of the job queue are disabled.';
  const fitting = enabled.filter(
    (environment) => isFargate(environment) === (platform === 'FARGATE'),
  );
  if (fitting.length === 0)
    return `MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job asks for ${platform}, which no compute environment of its queue is.`;
  const large = fitting.filter((environment) => maxVcpus(environment) >= resources.vcpus);
  if (large.length === 0)
    return `MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - The job asks for ${resources.vcpus} vCPU: more than any compute environment of its queue may have.`;
  return (
    large.find((environment) => environment.used + resources.vcpus <= maxVcpus(environment)) ??
    'CAPACITY'
  );
}

const reclaimReason = (environment: ComputeEnvironment, taskId: string): string =>
  isFargate(environment) && isSpot(environment)
    ? 'Your Spot Task was interrupted.'
    : `Host EC2 (instance i-${taskId.slice(0, 17)}) terminated.`;
