/**
 * The engine on this machine: the controller on the embedded ports, in this process.
 *
 * 1. A run is moved by the one live process that owns it; a dead owner's run is taken over by whoever resumes it.
 * 2. What a dead engine had under way is found in the records: its jobs are ended, their results taken if they left one, and the run is swept.
 * 3. A timer is forgotten when its transition was handled, not before; so is what a runner said: until it is on record, the runner has it.
 *
 * @module
 */
import { setImmediate as nextIteration } from 'node:timers/promises';
import type { ControllerPorts } from '../controller/context.ts';
import { type Controller, createController } from '../controller/controller.ts';
import { createRerun } from '../controller/restart/rerun.ts';
import { resumeRun, UnknownRunError } from '../controller/restart/resume.ts';
import { newHead } from '../controller/run/run-head.ts';
import { readCommands } from '../evaluator/read-commands.ts';
import { createThreadedEvaluator } from '../evaluator/threaded-evaluator.ts';
import { createEvaluationControl } from '../external-evaluation/evaluation-control.ts';
import { createExternalEvaluator } from '../external-evaluation/external-evaluator.ts';
import { createFileObjects, type FileObjects } from '../local/file-objects.ts';
import { evaluatorProgram } from '../local/jobs/child-programs.ts';
import { createSubprocessJobs, type SubprocessJobs } from '../local/jobs/subprocess-jobs.ts';
import { createLocalQueue } from '../local/local-queue.ts';
import { newRunOwner } from '../local/store/owner-identity.ts';
import { openStore, type Store } from '../local/store/store.ts';
import type { RunId } from '../model/ids.ts';
import { isTerminalRun, type Run, type RunInfo } from '../model/run.ts';
import type { Transition } from '../model/transition.ts';
import type { Clock } from '../ports/clock.ts';
import type { StatusEvent } from '../ports/events.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Transitions } from '../ports/transitions.ts';
import { EngineClosedError, MessageNotRecordedError, RunOwnedError } from './errors.ts';
import { createJobTokens } from './job-tokens.ts';
import { type NewCode, prepareRerunInfo } from './rerun-info.ts';
import { TimerPoller } from './timer-poller.ts';

export interface EngineOptions {
  /** The folder that keeps everything: records, objects, logs. */
  readonly home: string;
  /** Jobs of a queue that run at once; default: as many as there are cores, and at least 4. */
  readonly queueConcurrency?: Readonly<Record<string, number>> | undefined;
  /** Told of every change of status, after it is on record. */
  readonly onEvent?: ((event: StatusEvent) => void) | undefined;
  /** Who executes steps; default: subprocesses. */
  readonly jobs?:
    | ((ports: { readonly transitions: Transitions; readonly clock: Clock }) => Jobs)
    | undefined;
}

export interface LocalEngine {
  readonly store: Store;
  readonly objects: FileObjects;
  /** Logic that is evaluated elsewhere. */
  readonly evaluations: ReturnType<typeof createEvaluationControl>;
  /** Stores the code, creates the run, and begins it. */
  start(info: Omit<RunInfo, 'number'>, texts: ReadonlyMap<string, string>): Promise<Run>;
  /** Goes on with a failed or aborted run, or with one whose engine died. @throws UnknownRunError, RunCompletedError, RunOwnedError */
  resume(id: RunId): Promise<Run>;
  /** Makes a new run of an old one, which takes over the finished calls before `from`. @throws UnknownRunError, UnknownStepError */
  rerun(
    id: RunId,
    options: { readonly from?: string | undefined; readonly code?: NewCode | undefined },
  ): Promise<Run>;
  /** Asks the run to end; of a run that nobody moves, sees to it that it does. @throws UnknownRunError */
  abort(id: RunId, reason: string): Promise<void>;
  /** Resolves when the run is over. A run of another process is looked at now and then. */
  waitUntilFinished(id: RunId): Promise<Run>;
  /** Ends all jobs, those of an interrupted engine after a grace, and gives the runs back; those that are not over stay resumable. */
  close(options?: { readonly interrupted?: boolean | undefined }): Promise<void>;
}

const RUN_POLL_MS = 200;
const YIELD_INTERVAL_MS = 50;
/** Whether the holder of a lease lives is looked up here, not asked of a service. */
const LEASE_CHECK_INTERVAL_MS = 2000;

/** Opens the engine on a home folder, which is made if it is not there. */
export async function openLocalEngine(options: EngineOptions): Promise<LocalEngine> {
  const { home } = options;
  const clock: Clock = { now: () => Date.now() };
  const store = openStore(home);
  const objects = createFileObjects(home);
  const owner = newRunOwner();
  const ownedRuns = new Set<RunId>();
  const watchers = new Map<RunId, { resolve(run: Run): void; reject(error: unknown): void }[]>();
  const runErrors = new Map<RunId, unknown>();
  /** Aborts that were handed to the owner of their run. */
  const postedAborts = new Map<RunId, string>();
  let yieldedAt = 0;
  let closed = false;

  const queue = createLocalQueue({
    handle,
    owns: (run) => ownedRuns.has(run),
    forward: (transitions) => store.inbox.post(transitions),
    onPermanentFailure: (run, error) => failWatchers(run, error),
  });
  const jobs: Jobs & Partial<SubprocessJobs> =
    options.jobs?.({ transitions: queue, clock }) ??
    createSubprocessJobs({
      home,
      objects,
      transitions: { send: acceptFromJobs },
      clock,
      queues: options.queueConcurrency,
    });
  const evaluator = createThreadedEvaluator({
    program: evaluatorProgram(),
    loadCode: async (info) => Buffer.from(await objects.get(info.code.logic.key)).toString('utf8'),
    fetchValue: (value) => objects.get(value.key),
    stacks: true,
  });
  evaluator.warm();
  const token = createJobTokens(store.secret());
  const ports: ControllerPorts = {
    tasks: store.tasks,
    cache: store.cache,
    objects,
    jobs,
    transitions: queue,
    evaluator: createExternalEvaluator({ engineEvaluator: evaluator, objects, readCommands }),
    clock,
    liveness: store.owners,
    token,
    events: { publish },
  };
  const controller: Controller = createController(ports, {
    leaseCheckIntervalMs: LEASE_CHECK_INTERVAL_MS,
  });
  const timerPoller = new TimerPoller({
    clock,
    timers: store.timers,
    inbox: store.inbox,
    ownedRuns: () => [...ownedRuns],
    send: (transitions) => void queue.send(transitions),
  });

  async function handle(run: RunId, batch: readonly Transition[]): Promise<void> {
    if (closed) return;
    await controller.handle(run, batch);
    timerPoller.removeHandled(run, batch);
    timerPoller.schedule();
  }

  /** Rule 3. A run that is over has nothing left to hear. */
  async function acceptFromJobs(transitions: readonly Transition[]): Promise<void> {
    const own = transitions.filter(({ run }) => ownedRuns.has(run));
    if (own.every(({ kind }) => kind === 'started')) return queue.send(own);
    if (!(await queue.deliver(own))) throw new MessageNotRecordedError();
  }

  /** A turn with much to do leaves no room for signals, timers and messages of jobs, unless it is made. */
  async function yieldToEventLoop(): Promise<void> {
    if (performance.now() - yieldedAt < YIELD_INTERVAL_MS) return;
    await nextIteration();
    yieldedAt = performance.now();
  }

  async function publish(events: readonly StatusEvent[]): Promise<void> {
    await yieldToEventLoop();
    // A turn that has much to do ends here, its last commit on record, as if the process had died.
    if (closed) throw new EngineClosedError();
    for (const event of events) {
      options.onEvent?.(event);
      if (event.kind === 'run' && isTerminalRun(event.status))
        queueMicrotask(() => void releaseIfFinished(event.run));
    }
  }

  async function releaseIfFinished(id: RunId): Promise<void> {
    await queue.idle(id);
    const run = await store.tasks.run(id);
    if (run === undefined || !isTerminalRun(run.head.status)) return;
    ownedRuns.delete(id);
    store.owners.release(id, owner);
    for (const { resolve } of watchers.get(id) ?? []) resolve(run);
    watchers.delete(id);
  }

  /** A batch that cannot be handled: the run stays as it is, resumable. */
  function failWatchers(id: RunId, error: unknown): void {
    if (closed) return;
    runErrors.set(id, error);
    for (const { reject } of watchers.get(id) ?? []) reject(error);
    watchers.delete(id);
  }

  async function requireRun(id: RunId): Promise<Run> {
    const run = await store.tasks.run(id);
    if (run === undefined) throw new UnknownRunError(id);
    return run;
  }

  function claim(id: RunId): void {
    if (!store.owners.claim(id, owner))
      throw new RunOwnedError(id, store.owners.ownerOf(id)?.pid ?? 0);
    ownedRuns.add(id);
  }

  /** Tells the run what became of a dead engine's jobs, then whatever else there is to tell. */
  async function recoverRun(id: RunId, ...others: readonly Transition[]): Promise<void> {
    const { transitions, removeRecords } = (await jobs.reap?.(id)) ?? {
      transitions: [],
      removeRecords: async () => undefined,
    };
    const handled = queue.deliver([
      ...transitions,
      ...others,
      { kind: 'run.sweep', run: id, unknownJobsLost: true },
    ]);
    void handled
      .then(async (allHandled) => (allHandled ? removeRecords() : undefined))
      .catch(() => undefined);
    timerPoller.schedule();
  }

  /** If the owner dies before it comes to it, `finished` asks again. */
  async function abort(id: RunId, reason: string): Promise<void> {
    const { head } = await requireRun(id);
    if (isTerminalRun(head.status)) return;
    const abort: Transition = { kind: 'run.abort', run: id, reason };
    if (ownedRuns.has(id)) return queue.send([abort]);
    if (await store.owners.isAlive(id)) {
      postedAborts.set(id, reason);
      return store.inbox.post([abort]);
    }
    postedAborts.delete(id);
    claim(id);
    await recoverRun(id, abort);
  }

  return {
    store,
    objects,
    evaluations: createEvaluationControl({
      objects,
      transitions: queue,
      token,
      readCommands,
      jobs: false,
    }),

    async start(info, texts) {
      for (const [key, text] of texts) await objects.putIfAbsent(key, Buffer.from(text));
      claim(info.id);
      const run = await store.tasks.createRun(info, newHead(info));
      await queue.send([{ kind: 'run.created', run: info.id }]);
      timerPoller.schedule();
      return run;
    },

    async resume(id) {
      const { head } = await requireRun(id);
      claim(id);
      // An abort that came too late for the end of the run is none of what follows.
      if (isTerminalRun(head.status)) store.inbox.drain([id]);
      try {
        const run = await resumeRun(ports, id);
        await recoverRun(id);
        return run;
      } catch (error) {
        ownedRuns.delete(id);
        store.owners.release(id, owner);
        throw error;
      }
    },

    async rerun(source, { from, code }) {
      const { info } = await requireRun(source);
      for (const [key, text] of code?.texts ?? [])
        await objects.putIfAbsent(key, Buffer.from(text));
      const newInfo = await prepareRerunInfo(info, code, store.registry, clock.now());
      claim(newInfo.id);
      const run = await createRerun(ports, source, newInfo, {
        step: from,
        sameCode: code === undefined,
      });
      await queue.send([{ kind: 'run.sweep', run: newInfo.id, unknownJobsLost: true }]);
      timerPoller.schedule();
      return run;
    },

    abort,

    async waitUntilFinished(id) {
      while (true) {
        const run = await requireRun(id);
        if (isTerminalRun(run.head.status) && !ownedRuns.has(id)) return run;
        const error = runErrors.get(id);
        if (error !== undefined) throw error;
        if (ownedRuns.has(id)) {
          return new Promise<Run>((resolve, reject) => {
            watchers.set(id, [...(watchers.get(id) ?? []), { resolve, reject }]);
            if (isTerminalRun(run.head.status)) void releaseIfFinished(id);
          });
        }
        const abortReason = postedAborts.get(id);
        if (abortReason !== undefined && !(await store.owners.isAlive(id)))
          await abort(id, abortReason);
        else await new Promise((resolve) => setTimeout(resolve, RUN_POLL_MS));
      }
    },

    async close({ interrupted } = {}) {
      if (closed) return;
      closed = true;
      timerPoller.stop();
      // First the logic: a turn that waits for it would not end.
      await Promise.all([evaluator.close(), queue.stop(), jobs.close?.({ graceful: interrupted })]);
      for (const run of ownedRuns) store.owners.release(run, owner);
      store.close();
    },
  };
}
