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
import { stepEnvironment } from './environment.ts';
import { createLanes } from './lanes.ts';
import { createPool } from './pool.ts';
import { type ProcessIdentity, processIdentity } from './process-identity.ts';
import { type Program, runnerProgram } from './program.ts';
import {
  pendingMessages,
  prepareRecords,
  type Reaped,
  reapOrphans,
  removeRecord,
  writeRecord,
} from './records.ts';
import { startRunnerProcess } from './runner-process.ts';
import { type RunningJob, runJob } from './running-job.ts';

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
  readonly program?: Program | undefined;
}

export interface SubprocessJobs extends Jobs {
  /** Ends what dead engines left of a run's jobs, and tells what became of them (records.ts). To be asked before any of the run's jobs is submitted. */
  reap(run: string): Promise<Reaped>;
  /**
   * Ends all runners, idle and at work, without another word about their jobs: at once, or with `gently` after they had their grace to stop by themselves.
   * What they leave is found by `reap`.
   */
  close(options?: { readonly gently?: boolean | undefined }): Promise<void>;
}

interface Job {
  readonly index: JobIndex;
  readonly queue: string;
  readonly spec: StepSpec;
  state: 'waiting' | 'running' | 'ended';
  running: RunningJob | undefined;
}

/** Jobs that have not ended, by their index. Those of the group that are not in it have. */
type Group = { readonly size: number; readonly live: Map<number, Job> };

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
const unstartedId = (): string => `0-${randomBytes(8).toString('hex')}`;

const LEAST_CONCURRENCY = 4;
const POOL_SIZE = 4;
const GRACE_SECONDS = 5;
const RETRY_MILLISECONDS = 1000;

export function createSubprocessJobs(options: SubprocessJobsOptions): SubprocessJobs {
  const { objects, transitions, clock } = options;
  const home = resolve(options.home);
  const concurrency = options.concurrency ?? Math.max(LEAST_CONCURRENCY, availableParallelism());
  const most = Math.max(concurrency, ...Object.values(options.queues ?? {}));
  const graceMilliseconds = (options.graceSeconds ?? GRACE_SECONDS) * 1000;
  const program = options.program ?? runnerProgram();
  const environment = stepEnvironment(options.environment ?? process.env);
  const engine: ProcessIdentity = processIdentity(process.pid) ?? {
    pid: process.pid,
    startTime: '',
  };

  const idleLogs = join(home, 'logs', 'idle');
  mkdirSync(idleLogs, { recursive: true });
  prepareRecords(home);
  const logFolders = new Set<string>();

  const groups = new Map<string, Group>();
  /** Attempts whose jobs were reaped. */
  const reaped = new Set<string>();
  const ending = new Set<Promise<void>>();
  let closed = false;
  const pool = createPool(Math.min(options.poolSize ?? POOL_SIZE, most), () =>
    startRunnerProcess({ program, environment, logFolder: idleLogs }),
  );
  const lanes = createLanes<Job>((queue) => options.queues?.[queue] ?? concurrency, start);

  const liveJob = ({ name, index }: JobIndex): Job | undefined => groups.get(name)?.live.get(index);

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
        await delay(RETRY_MILLISECONDS);
      }
    }
  }

  function start(job: Job): boolean {
    if (closed || job.state !== 'waiting') return false;
    job.state = 'running';
    try {
      begin(job);
      return true;
    } catch (error) {
      // No process, file or disk is left.
      void tell(job, {
        job: unstartedId(),
        exitCode: null,
        signal: null,
        fault: 'infrastructure',
        reason: `did not start: ${String(error)}`,
      });
      return false;
    }
  }

  function begin(job: Job): void {
    const { spec } = job;
    const { run, call, attempt, token, outputPrefix } = spec;
    const runner = pool.take();
    const record = { job: runner.id, run, call, attempt, token, output: outputPrefix };
    const temporaryDirectory = join(home, 'tmp', runner.id);
    let logStream: string;
    try {
      logStream = nameLog(runner.logFile, spec, runner.id);
      const identity = runner.pid === undefined ? undefined : processIdentity(runner.pid);
      if (identity !== undefined) writeRecord(home, { ...record, engine, process: identity });
    } catch (error) {
      runner.signal('SIGKILL');
      throw error;
    }
    const running = runJob(
      runner,
      { spec, job: runner.id, home, temporaryDirectory, logStream, graceMilliseconds },
      join(home, logStream),
      clock,
      send,
    );
    job.running = running;
    const end = running.ended.then(async ({ told, transition }) => {
      lanes.release(job.queue);
      // A step that hung up on us leaves its result as if we had died.
      const pending =
        told === undefined && transition.fault === 'step'
          ? await pendingMessages(objects, record).catch(() => [])
          : [];
      await rm(temporaryDirectory, { recursive: true, force: true }).catch(() => undefined);
      leave(job);
      const heard = await send([...pending, transition]);
      if (heard || told !== undefined) removeRecord(home, runner.id);
    });
    ending.add(end);
    void end.then(() => ending.delete(end));
  }

  /** The end of a job that no process ever had. */
  async function tell(
    job: Job,
    how: Pick<TransitionOf<'job.ended'>, 'job' | 'exitCode' | 'signal' | 'fault' | 'reason'>,
  ): Promise<void> {
    leave(job);
    const { run, call, attempt } = job.spec;
    await send([{ kind: 'job.ended', run, call, attempt, ...how, at: clock.now() }]);
  }

  function leave(job: Job): void {
    job.state = 'ended';
    const { name, index } = job.index;
    const group = groups.get(name);
    group?.live.delete(index);
    // The name stays, so that the group is not run again.
    if (group?.live.size === 0) groups.set(name, { size: group.size, live: NO_JOBS });
  }

  /** The log moves to where its run's logs are; what is open stays open. */
  function nameLog(logFile: string, { run, call, attempt }: StepSpec, id: string): string {
    const folder = `logs/${run}`;
    if (!logFolders.has(folder)) mkdirSync(join(home, folder), { recursive: true });
    logFolders.add(folder);
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
      const fresh = jobs.filter(({ spec }) => !reaped.has(attemptKey(spec)));
      groups.set(group.name, {
        size: jobs.length,
        live: new Map(fresh.map((job) => [job.index.index, job])),
      });
      for (const job of fresh) lanes.add(job.queue, job);
    },

    async state(job) {
      const group = groups.get(job.name);
      if (group === undefined || job.index >= group.size) return 'unknown';
      return group.live.get(job.index)?.state ?? 'ended';
    },

    async terminate(index, reason, id) {
      const job = liveJob(index);
      if (
        job === undefined ||
        job.state === 'ended' ||
        (id !== undefined && job.running?.id !== id)
      )
        return;
      if (job.running !== undefined) return job.running.stop('abort', reason);
      // Not awaited: whoever is to hear it may be who asks.
      void tell(job, { job: unstartedId(), exitCode: null, signal: null, fault: 'abort', reason });
    },

    async reap(run) {
      const found = await reapOrphans(home, objects, () => clock.now(), run);
      for (const word of found.words) if (word.kind === 'job.ended') reaped.add(attemptKey(word));
      return found;
    },

    async close({ gently = false } = {}) {
      closed = true;
      const running = [...groups.values()].flatMap(({ live }) =>
        [...live.values()].flatMap((job) => job.running ?? []),
      );
      const kill = () => {
        for (const job of running) job.kill();
      };
      if (gently) for (const job of running) job.abandon('the engine was interrupted');
      else kill();
      // Who does not wait for their grace to be over ends it.
      process.once('exit', kill);
      await pool.close();
      await Promise.all(ending);
      process.off('exit', kill);
    },
  };
}
