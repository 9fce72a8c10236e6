/**
 * The jobs port on this machine: each job is a subprocess, taken from a pool of runners that were started before.
 *
 * 1. A queue runs at most as many jobs at once as its limit says, and starts them in the order of their submission.
 * 2. `job.ended` is sent after the job's last message was accepted; its place in the queue is free as soon as its process is gone.
 * 3. A running job is on record until its outcome or its end was accepted (records.ts).
 * 4. What a dead engine had started is not started again: it was lost, or left its result.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobIndex } from '../../model/ids.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { Transition, TransitionOf } from '../../model/transition.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobGroup, Jobs } from '../../ports/jobs.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Transitions } from '../../ports/transitions.ts';
import { type ChildProgram, runnerProgram } from './child-programs.ts';
import {
  createRecordFolder,
  type ReapedJobs,
  readUndeliveredMessages,
  reapOrphans,
  removeRecord,
  writeRecord,
} from './job-records.ts';
import { type ProcessIdentity, processIdentity } from './process-identity.ts';
import { createQueueLimiter } from './queue-limiter.ts';
import { createRunnerPool } from './runner-pool.ts';
import { startRunnerProcess } from './runner-process.ts';
import { type RunningJob, runJob } from './running-job.ts';
import { stepEnvironment } from './step-environment.ts';

export interface SubprocessJobsOptions {
  readonly home: string;
  readonly objects: Objects;
  readonly transitions: Transitions;
  readonly clock: Clock;
  /** How many jobs of a queue run at once. */
  readonly queues?: Readonly<Record<string, number>> | undefined;
  /** For queues that `queues` does not name. Default: one for each core, and at least 4. */
  readonly concurrency?: number | undefined;
  /** Runners kept ready at the most. Default: 4, or less if fewer jobs may run. */
  readonly poolSize?: number | undefined;
  /** Seconds between SIGTERM and SIGKILL, and that a step has to end when its engine died. Default: 5. */
  readonly graceSeconds?: number | undefined;
  /** Default: this process's. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Default: the package's own. */
  readonly program?: ChildProgram | undefined;
}

export interface SubprocessJobs extends Jobs {
  /** Ends what dead engines left of a run's jobs, and tells what became of them (records.ts). To be asked before any of the run's jobs is submitted. */
  reap(run: string): Promise<ReapedJobs>;
  /**
   * Ends all runners, idle and at work, without another word about their jobs: at once, or with `gently` after they had their grace to stop by themselves.
   * What they leave is found by `reap`.
   */
  close(options?: { readonly graceful?: boolean | undefined }): Promise<void>;
}

interface Job {
  readonly index: JobIndex;
  readonly queue: string;
  readonly spec: StepSpec;
  state: 'waiting' | 'running' | 'ended';
  running: RunningJob | undefined;
}

/** Jobs that have not ended, by their index. Those of the group that are not in it have. */
type SubmittedGroup = { readonly size: number; readonly unfinished: Map<number, Job> };

const NO_JOBS = new Map<number, Job>();

const attemptKey = ({
  run,
  call,
  attempt,
}: {
  readonly run: string;
  readonly call: number;
  readonly attempt: number;
}): string => `${run} ${call} ${attempt}`;

/** In the form of the others. */
const newUnstartedJobId = (): string => `0-${randomBytes(8).toString('hex')}`;

const MIN_CONCURRENCY = 4;
const DEFAULT_POOL_SIZE = 4;
const DEFAULT_GRACE_SECONDS = 5;
const SEND_RETRY_MS = 1000;

export function createSubprocessJobs(options: SubprocessJobsOptions): SubprocessJobs {
  const { objects, transitions, clock } = options;
  const home = resolve(options.home);
  const concurrency = options.concurrency ?? Math.max(MIN_CONCURRENCY, availableParallelism());
  const maxConcurrency = Math.max(concurrency, ...Object.values(options.queues ?? {}));
  const graceMilliseconds = (options.graceSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  const program = options.program ?? runnerProgram();
  const environment = stepEnvironment(options.environment ?? process.env);
  const engine: ProcessIdentity = processIdentity(process.pid) ?? {
    pid: process.pid,
    startTime: '',
  };

  const idleLogs = join(home, 'logs', 'idle');
  mkdirSync(idleLogs, { recursive: true });
  createRecordFolder(home);
  const createdLogFolders = new Set<string>();

  const groups = new Map<string, SubmittedGroup>();
  /** Attempts whose jobs were reaped. */
  const reapedAttempts = new Set<string>();
  const completions = new Set<Promise<void>>();
  let closed = false;
  const pool = createRunnerPool(
    Math.min(options.poolSize ?? DEFAULT_POOL_SIZE, maxConcurrency),
    () => startRunnerProcess({ program, environment, logFolder: idleLogs }),
  );
  const limiter = createQueueLimiter<Job>(
    (queue) => options.queues?.[queue] ?? concurrency,
    startIfWaiting,
  );

  const unfinishedJob = ({ name, index }: JobIndex): Job | undefined =>
    groups.get(name)?.unfinished.get(index);

  /** Until it is accepted, because what is lost here nobody else can tell. False if it was not before all this was closed. */
  async function send(messages: readonly Transition[]): Promise<boolean> {
    while (true) {
      if (closed) return false;
      try {
        await transitions.send(messages);
        return true;
      } catch (error) {
        if (closed) return false;
        process.emitWarning(
          `what a job said could not be handed on, and is tried again: ${String(error)}`,
          'HeadraceWarning',
        );
        await delay(SEND_RETRY_MS);
      }
    }
  }

  function startIfWaiting(job: Job): boolean {
    if (closed || job.state !== 'waiting') return false;
    job.state = 'running';
    try {
      startProcess(job);
      return true;
    } catch (error) {
      // No process, file or disk is left.
      void completeUnstarted(job, {
        job: newUnstartedJobId(),
        exitCode: null,
        signal: null,
        fault: 'infrastructure',
        reason: `did not start: ${String(error)}`,
      });
      return false;
    }
  }

  function startProcess(job: Job): void {
    const { spec } = job;
    const { run, call, attempt, token, outputPrefix } = spec;
    const runner = pool.acquire();
    const record = { job: runner.id, run, call, attempt, token, outputPrefix };
    const temporaryDirectory = join(home, 'tmp', runner.id);
    let logStream: string;
    try {
      logStream = moveLog(runner.logFile, spec, runner.id);
      const identity = runner.pid === undefined ? undefined : processIdentity(runner.pid);
      if (identity !== undefined) writeRecord(home, { ...record, engine, process: identity });
    } catch (error) {
      runner.signal('SIGKILL');
      throw error;
    }
    const running = runJob(
      runner,
      { spec, job: runner.id, home, temporaryDirectory, logStream, graceMs: graceMilliseconds },
      join(home, logStream),
      clock,
      send,
    );
    job.running = running;
    const completion = running.completion.then(async ({ acceptedOutcome, transition }) => {
      limiter.release(job.queue);
      // A step that hung up on us leaves its result as if we had died.
      const undelivered =
        acceptedOutcome === undefined && transition.fault === 'step'
          ? await readUndeliveredMessages(objects, record).catch(() => [])
          : [];
      await rm(temporaryDirectory, { recursive: true, force: true }).catch(() => undefined);
      markEnded(job);
      const accepted = await send([...undelivered, transition]);
      if (accepted || acceptedOutcome !== undefined) removeRecord(home, runner.id);
    });
    completions.add(completion);
    void completion.then(() => completions.delete(completion));
  }

  /** The end of a job that no process ever had. */
  async function completeUnstarted(
    job: Job,
    exit: Pick<TransitionOf<'job.ended'>, 'job' | 'exitCode' | 'signal' | 'fault' | 'reason'>,
  ): Promise<void> {
    markEnded(job);
    const { run, call, attempt } = job.spec;
    await send([{ kind: 'job.ended', run, call, attempt, ...exit, at: clock.now() }]);
  }

  function markEnded(job: Job): void {
    job.state = 'ended';
    const { name, index } = job.index;
    const group = groups.get(name);
    group?.unfinished.delete(index);
    // The name stays, so that the group is not run again.
    if (group?.unfinished.size === 0) groups.set(name, { size: group.size, unfinished: NO_JOBS });
  }

  /** The log moves to where its run's logs are; what is open stays open. */
  function moveLog(logFile: string, { run, call, attempt }: StepSpec, id: string): string {
    const folder = `logs/${run}`;
    if (!createdLogFolders.has(folder)) mkdirSync(join(home, folder), { recursive: true });
    createdLogFolders.add(folder);
    const logStream = `${folder}/${call}-${attempt}-${id}.log`;
    renameSync(logFile, join(home, logStream));
    return logStream;
  }

  return {
    async submit(group: JobGroup) {
      if (closed || groups.has(group.name)) return;
      const jobs = group.specs.map(
        (spec, index): Job => ({
          index: { name: group.name, index },
          queue: group.queue,
          spec,
          state: 'waiting',
          running: undefined,
        }),
      );
      const newJobs = jobs.filter(({ spec }) => !reapedAttempts.has(attemptKey(spec)));
      groups.set(group.name, {
        size: jobs.length,
        unfinished: new Map(newJobs.map((job) => [job.index.index, job])),
      });
      for (const job of newJobs) limiter.add(job.queue, job);
    },

    async state(job) {
      const group = groups.get(job.name);
      if (group === undefined || job.index >= group.size) return 'unknown';
      return group.unfinished.get(job.index)?.state ?? 'ended';
    },

    async terminate(index, reason, id) {
      const job = unfinishedJob(index);
      if (
        job === undefined ||
        job.state === 'ended' ||
        (id !== undefined && job.running?.id !== id)
      )
        return;
      if (job.running !== undefined) return job.running.stop('abort', reason);
      // Not awaited: whoever is to hear it may be who asks.
      void completeUnstarted(job, {
        job: newUnstartedJobId(),
        exitCode: null,
        signal: null,
        fault: 'abort',
        reason,
      });
    },

    async reap(run) {
      const result = await reapOrphans(home, objects, () => clock.now(), run);
      for (const transition of result.transitions)
        if (transition.kind === 'job.ended') reapedAttempts.add(attemptKey(transition));
      return result;
    },

    async close({ graceful = false } = {}) {
      closed = true;
      const running = [...groups.values()].flatMap(({ unfinished }) =>
        [...unfinished.values()].flatMap((job) => job.running ?? []),
      );
      const kill = () => {
        for (const job of running) job.kill();
      };
      if (graceful) for (const job of running) job.abandon('the engine was interrupted');
      else kill();
      // Who does not wait for their grace to be over ends it.
      process.once('exit', kill);
      await pool.close();
      await Promise.all(completions);
      process.off('exit', kill);
    },
  };
}
