/**
 * The jobs port on this machine: each job is a subprocess, from a pool of runners that are started
 * in advance, or an attempt in a subprocess that stays (`shared-runners.ts`).
 *
 * 1. A queue runs at most as many jobs at once as its limit allows, and starts them in the order of
 *    submission.
 * 2. `job.ended` is sent after the job's last message was accepted. The job's place in the queue is
 *    free as soon as its process has exited or is idle.
 * 3. A running job has a record until its outcome or its `job.ended` was accepted
 *    (`job-records.ts`).
 * 4. A job that a crashed engine started is not started again: its stored result is read, or it
 *    counts as lost.
 * 5. A job outlives a crashed engine by its grace period at most (`engine-watch.ts`).
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobIndex, RunId } from '../../model/ids.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { Transition, TransitionOf } from '../../model/transition.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobGroup, Jobs } from '../../ports/jobs.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Transitions } from '../../ports/transitions.ts';
import type { ContainerHost } from '../../runner/protocol.ts';
import { ContainerRunners } from '../containers/container-runners.ts';
import { makePrivateFolder } from '../private-files.ts';
import { type ChildProgram, reaperProgram, runnerProgram } from './child-programs.ts';
import { type EngineWatch, startEngineWatch } from './engine-watch.ts';
import { onProcessExit } from './exit-actions.ts';
import { removeJobFolder } from './job-folder.ts';
import { JobLogs } from './job-logs.ts';
import {
  createRecordFolder,
  type ReapedJobs,
  readUndeliveredMessages,
  reapOrphans,
  removeLeftJobs,
  removeRecord,
  replaceRecord,
  runnerFolderOf,
  writeRecord,
} from './job-records.ts';
import { type ProcessIdentity, processIdentity } from './process-identity.ts';
import { createQueueLimiter, type QueueLimiter } from './queue-limiter.ts';
import { createLocalQueueLoads, type LocalQueueLoads } from './queue-loads.ts';
import { createRunnerPool, type RunnerPool } from './runner-pool.ts';
import { RunnerProcess } from './runner-process.ts';
import { RunningJob } from './running-job.ts';
import { SharedRunners, sharedKeyOf } from './shared-runners.ts';
import { stepEnvironment } from './step-environment.ts';
import { SubmittedGroups, type SubmittedJob } from './submitted-groups.ts';

export interface SubprocessJobsOptions {
  readonly home: string;
  readonly objects: Objects;
  readonly transitions: Transitions;
  readonly clock: Clock;
  /** The most jobs that run at once, by queue. */
  readonly queues?: Readonly<Record<string, number>> | undefined;
  /**
   * The same limit for queues that `queues` does not name. Default: the number of cores, and at
   * least 4.
   */
  readonly concurrency?: number | undefined;
  /** The most idle runners. Default: 4, or less if fewer jobs may run. */
  readonly poolSize?: number | undefined;
  /**
   * Seconds between SIGTERM and SIGKILL, which a step also has after its engine crashed. Default:
   * 5.
   */
  readonly graceSeconds?: number | undefined;
  /** The environment of steps. Default: that of this process. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** The program of a runner. Default: the package's own. */
  readonly program?: ChildProgram | undefined;
  /** The program that ends the jobs of a crashed engine. Default: the package's own. */
  readonly reaper?: ChildProgram | undefined;
  /** Steps run in containers of this machine. */
  readonly containers?: ContainerHost | undefined;
  /** The program of a runner whose step is in a container. Default: the package's own. */
  readonly containerProgram?: ChildProgram | undefined;
}

export interface SubprocessJobs extends Jobs {
  /** The load of the queues of this process. */
  readonly queueLoads: LocalQueueLoads;
  /**
   * Kills the processes that crashed engines left behind for a run, and returns the outcomes of
   * their jobs (`job-records.ts`). Call it before any job of the run is submitted.
   */
  reap(run: string): Promise<ReapedJobs>;
  /**
   * Kills the processes that crashed engines left behind, for all runs, and removes the records of
   * those that are not unfinished.
   */
  removeLeftJobs(isUnfinished: (run: RunId) => Promise<boolean>): Promise<void>;
  /**
   * Stops all runners, idle and busy, without sending anything about their jobs: at once, or with
   * `graceful` after their grace period. `reap` finds the results that they store.
   */
  close(options?: { readonly graceful?: boolean | undefined }): Promise<void>;
}

const MIN_CONCURRENCY = 4;
const DEFAULT_POOL_SIZE = 4;
const DEFAULT_GRACE_SECONDS = 5;
const SEND_RETRY_MS = 1000;

type AttemptId = Pick<StepSpec, 'run' | 'call' | 'attempt'>;

/** The exit of a job that never had a process. */
type UnstartedExit = Pick<TransitionOf<'job.ended'>, 'fault' | 'reason'>;

const attemptKey = ({ run, call, attempt }: AttemptId): string => `${run} ${call} ${attempt}`;

/** Has the form of a runner's id, with 0 as the process id. */
const newUnstartedJobId = (): string => `0-${randomBytes(8).toString('hex')}`;

export const createSubprocessJobs = (options: SubprocessJobsOptions): SubprocessJobs =>
  new LocalJobs(options);

class LocalJobs implements SubprocessJobs {
  readonly queueLoads: LocalQueueLoads;
  readonly #objects: Objects;
  readonly #transitions: Transitions;
  readonly #clock: Clock;
  readonly #home: string;
  readonly #graceMs: number;
  readonly #engine: ProcessIdentity;
  readonly #reaper: ChildProgram;
  readonly #pool: RunnerPool;
  readonly #containers: ContainerRunners | undefined;
  readonly #sharedRunners: SharedRunners<RunnerProcess>;
  readonly #logs: JobLogs;
  readonly #limiter: QueueLimiter<SubmittedJob>;
  readonly #groups = new SubmittedGroups();
  /** Attempts whose jobs were reaped. */
  readonly #reapedAttempts = new Set<string>();
  readonly #completions = new Set<Promise<void>>();
  #watch: EngineWatch | undefined;
  #closed = false;

  constructor(options: SubprocessJobsOptions) {
    const { objects, transitions, clock, queues = {} } = options;
    const concurrency = options.concurrency ?? Math.max(MIN_CONCURRENCY, availableParallelism());
    const maxConcurrency = Math.max(concurrency, ...Object.values(queues));
    const program = options.program ?? runnerProgram();
    const environment = stepEnvironment(options.environment ?? process.env);
    this.queueLoads = createLocalQueueLoads(this.#groups, clock);
    this.#objects = objects;
    this.#transitions = transitions;
    this.#clock = clock;
    this.#home = resolve(options.home);
    this.#graceMs = (options.graceSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
    this.#engine = processIdentity(process.pid) ?? { pid: process.pid, startTime: '' };
    this.#reaper = options.reaper ?? reaperProgram();
    const logFolder = join(this.#home, 'logs', 'idle');
    makePrivateFolder(logFolder);
    createRecordFolder(this.#home);
    // Before the first job, and not now, because the start of a process blocks.
    setImmediate(() => this.#startWatch()).unref();
    const poolSize = Math.min(options.poolSize ?? DEFAULT_POOL_SIZE, maxConcurrency);
    const { containers: host, containerProgram } = options;
    this.#pool = createRunnerPool(
      host === undefined ? poolSize : 0,
      () => new RunnerProcess({ program, environment, logFolder }),
    );
    if (host !== undefined)
      this.#containers = new ContainerRunners({
        ...{ host, program: containerProgram, environment, logFolder, poolSize },
        engine: this.#engine,
      });
    this.#sharedRunners = new SharedRunners(maxConcurrency, async ({ id }) => {
      await removeJobFolder(runnerFolderOf(this.#home, id));
      removeRecord(this.#home, id);
    });
    this.#logs = new JobLogs(this.#home);
    this.#limiter = createQueueLimiter(
      (queue) => (Object.hasOwn(queues, queue) ? queues[queue] : undefined) ?? concurrency,
      (job) => this.#startIfWaiting(job),
    );
  }

  async submit(group: JobGroup): Promise<undefined> {
    if (this.#closed || this.#groups.has(group.name)) return;
    const isWanted = (spec: StepSpec) => !this.#reapedAttempts.has(attemptKey(spec));
    const jobs = this.#groups.add(group, isWanted, this.#clock.now());
    for (const job of jobs) this.#limiter.add(job.queue, job);
  }

  async state(index: JobIndex): ReturnType<Jobs['state']> {
    return this.#groups.stateOf(index);
  }

  async terminate(index: JobIndex, reason: string, id?: string): Promise<void> {
    const job = this.#groups.unfinishedJob(index);
    if (job === undefined || job.state === 'ended') return;
    if (id !== undefined && job.running?.id !== id) return;
    if (job.running !== undefined) return job.running.stop('abort', reason);
    // Not awaited: the caller may be the handler that has to accept this transition.
    void this.#completeUnstarted(job, { fault: 'abort', reason });
  }

  findsJobs(): boolean {
    return true;
  }

  reportsTermination(): boolean {
    return true;
  }

  async reap(run: string): Promise<ReapedJobs> {
    const reaped = await reapOrphans(this.#home, this.#objects, () => this.#clock.now(), run);
    for (const transition of reaped.transitions)
      if (transition.kind === 'job.ended') this.#reapedAttempts.add(attemptKey(transition));
    return reaped;
  }

  removeLeftJobs(isUnfinished: (run: RunId) => Promise<boolean>): Promise<void> {
    return removeLeftJobs(this.#home, isUnfinished);
  }

  async close({
    graceful = false,
  }: {
    readonly graceful?: boolean | undefined;
  } = {}): Promise<void> {
    this.#closed = true;
    const running = this.#groups.running();
    const kill = () => {
      for (const job of running) job.kill();
    };
    if (graceful) for (const job of running) job.abandon('the engine was interrupted');
    else kill();
    // If this process exits during the grace period, the jobs are killed.
    const removeAction = onProcessExit(kill);
    await Promise.all([
      this.#pool.close(),
      this.#containers?.pool.close(),
      this.#sharedRunners.close(),
    ]);
    await Promise.all(this.#completions);
    removeAction();
    this.#watch?.end();
  }

  /** Returns false if the job no longer waits, or could not be started. */
  #startIfWaiting(job: SubmittedJob): boolean {
    if (this.#closed || job.state !== 'waiting') return false;
    job.state = 'running';
    try {
      this.#start(job);
      return true;
    } catch (error) {
      // The system has run out of processes, file descriptors or disk space.
      void this.#completeUnstarted(job, {
        fault: 'infrastructure',
        reason: `did not start: ${String(error)}`,
      });
      return false;
    }
  }

  #start(job: SubmittedJob): void {
    this.#startWatch();
    const container = this.#containers?.containerOf(job);
    const sharedKey = container === undefined ? sharedKeyOf(job.spec) : undefined;
    const sharedRunner =
      sharedKey === undefined ? undefined : this.#sharedRunners.acquire(sharedKey);
    const pool = (container && this.#containers?.pool) ?? this.#pool;
    const runner = sharedRunner ?? pool.acquire({ stays: sharedKey !== undefined });
    const home = this.#home;
    const id = runner.newJobId();
    const log = this.#registerJob(runner, id, job.spec);
    const runnerFolder = runnerFolderOf(home, runner.id);
    const temporaryDirectory = sharedKey === undefined ? runnerFolder : join(runnerFolder, id);
    const running = new RunningJob({
      runner,
      assignment: {
        spec: job.spec,
        job: id,
        home,
        temporaryDirectory,
        ...log,
        graceMs: this.#graceMs,
        ...(sharedKey === undefined ? {} : { staysAfterwards: true, codeFolder: runnerFolder }),
        ...(container === undefined ? {} : { container }),
      },
      logFile: join(home, log.logStream),
      clock: this.#clock,
      deliver: (messages) => this.#send(messages),
    });
    job.running = running;
    const completion = this.#complete(job, runner, running, temporaryDirectory);
    this.#completions.add(completion);
    void completion.then(() => this.#completions.delete(completion));
  }

  /** A job whose engine is killed has a watch from its first moment. */
  #startWatch(): void {
    if (this.#closed) return;
    try {
      this.#watch ??= startEngineWatch({
        program: this.#reaper,
        home: this.#home,
        engine: this.#engine,
        graceMs: this.#graceMs,
      });
    } catch {
      // The system has run out of processes. The next job starts the watch.
    }
  }

  /** Opens the job's log and writes its record. */
  #registerJob(runner: RunnerProcess, job: string, spec: StepSpec): ReturnType<JobLogs['open']> {
    const { run, call, attempt, token, outputPrefix } = spec;
    try {
      const log = this.#logs.open(runner, job, spec);
      const { identity } = runner;
      if (identity === undefined) return log;
      const record = { job, run, call, attempt, token, outputPrefix, process: identity };
      const write = runner.attemptCount === 0 ? writeRecord : replaceRecord;
      write(this.#home, runner.id, { ...record, engine: this.#engine });
      return log;
    } catch (error) {
      runner.signal('SIGKILL');
      throw error;
    }
  }

  async #complete(
    job: SubmittedJob,
    runner: RunnerProcess,
    running: RunningJob,
    temporaryDirectory: string,
  ): Promise<void> {
    const { acceptedOutcome, transition, runnerIsIdle } = await running.completion;
    const sharedKey = sharedKeyOf(job.spec);
    const isKept = runnerIsIdle && sharedKey !== undefined;
    const released = isKept ? this.#sharedRunners.release(sharedKey, runner) : undefined;
    this.#limiter.release(job.queue);
    // A step that closed its channel stores its messages, as it does when the engine crashes.
    const undelivered =
      acceptedOutcome === undefined && transition.fault === 'step'
        ? await readUndeliveredMessages(this.#objects, { ...job.spec, job: running.id }, () =>
            this.#clock.now(),
          ).catch(() => [])
        : [];
    await removeJobFolder(isKept ? temporaryDirectory : runnerFolderOf(this.#home, runner.id));
    this.#groups.markEnded(job);
    const accepted = await this.#send([...undelivered, transition]);
    if (!isKept && (accepted || acceptedOutcome !== undefined)) removeRecord(this.#home, runner.id);
    await released;
  }

  /** Ends a job that never had a process. */
  async #completeUnstarted(job: SubmittedJob, exit: UnstartedExit): Promise<void> {
    this.#groups.markEnded(job);
    const { run, call, attempt } = job.spec;
    await this.#send([
      {
        kind: 'job.ended',
        run,
        call,
        attempt,
        job: newUnstartedJobId(),
        exitCode: null,
        signal: null,
        ...exit,
        at: this.#clock.now(),
      },
    ]);
  }

  /**
   * Sends the messages, and retries until they are accepted, because this process has the only
   * copy. Returns false if the port is closed before that.
   */
  async #send(messages: readonly Transition[]): Promise<boolean> {
    while (true) {
      if (this.#closed) return false;
      try {
        await this.#transitions.send(messages);
        return true;
      } catch (error) {
        if (this.#closed) return false;
        process.emitWarning(
          `messages of a job were not accepted, and are sent again: ${String(error)}`,
          'HeadraceWarning',
        );
        await delay(SEND_RETRY_MS);
      }
    }
  }
}
