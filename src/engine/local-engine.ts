/**
 * The engine on this machine: the controller and the embedded ports in one process.
 *
 * 1. Only the live process that owns a run changes it. A run whose owner has crashed is taken over
 *    by the process that resumes it.
 * 2. Jobs of a crashed engine are found in the records: their processes are killed when an engine
 *    opens. The results that they stored are read when their run is resumed, and the run is swept.
 * 3. A timer is removed after its transition was handled, not before. A message of a runner is
 *    acknowledged after it is on record; until then, the runner keeps it.
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
import {
  createThreadedEvaluator,
  type ThreadedEvaluator,
} from '../evaluator/threaded-evaluator.ts';
import { createEvaluationControl } from '../external-evaluation/evaluation-control.ts';
import { createExternalEvaluator } from '../external-evaluation/external-evaluator.ts';
import { createFileObjects, type FileObjects } from '../local/file-objects.ts';
import { evaluatorProgram } from '../local/jobs/child-programs.ts';
import { createSubprocessJobs, type SubprocessJobs } from '../local/jobs/subprocess-jobs.ts';
import { createLocalQueue, type LocalQueue } from '../local/local-queue.ts';
import { openStore, type Store } from '../local/store/store.ts';
import { storeCode } from '../local/stored-code.ts';
import type { RunId } from '../model/ids.ts';
import { MAX_BUNDLE_BYTES } from '../model/limits.ts';
import { isTerminalRun, type Run, type RunInfo } from '../model/run.ts';
import { createSteadyClock } from '../model/steady-clock.ts';
import type { Transition } from '../model/transition.ts';
import type { StatusEvent } from '../ports/events.ts';
import type { Jobs } from '../ports/jobs.ts';
import { AdoptedChildRuns } from './adopted-child-runs.ts';
import { withChildRuns } from './child-run-jobs.ts';
import type { EngineOptions, LocalEngine } from './engine-interface.ts';
import {
  EngineClosedError,
  EngineDefectError,
  isDefect,
  MessageNotRecordedError,
} from './errors.ts';
import { createEvaluatorTokens, createJobTokens } from './job-tokens.ts';
import { OwnedRuns } from './owned-runs.ts';
import { prepareRerunInfo, type RerunOptions } from './rerun-info.ts';
import { TimerPoller } from './timer-poller.ts';

const RUN_POLL_MS = 200;
const YIELD_INTERVAL_MS = 50;
/** The check of a lease's holder reads the local store, so it may be frequent. */
const LEASE_CHECK_INTERVAL_MS = 2000;

/** Opens the engine on a home folder, which is created if it is missing. */
export async function openLocalEngine(options: EngineOptions): Promise<LocalEngine> {
  return new EmbeddedEngine(options);
}

class EmbeddedEngine implements LocalEngine {
  readonly store: Store;
  readonly objects: FileObjects;
  readonly evaluations: LocalEngine['evaluations'];
  readonly queueLoads: LocalEngine['queueLoads'];
  /** Continues with the machine's clock when the engine owns no run, because no timer is set then. */
  readonly clock = createSteadyClock();
  readonly #onEvent: EngineOptions['onEvent'];
  readonly #startedBy: string | undefined;
  readonly #runs: OwnedRuns;
  readonly #queue: LocalQueue;
  readonly #stepJobs: Jobs & Partial<SubprocessJobs>;
  readonly #jobs: Jobs;
  readonly #childRuns: AdoptedChildRuns;
  readonly #evaluator: ThreadedEvaluator;
  readonly #ports: ControllerPorts;
  readonly #controller: Controller;
  readonly #timerPoller: TimerPoller;
  /** Reasons of aborts that were posted to the owner of their run. */
  readonly #postedAborts = new Map<RunId, string>();
  /** Resolves when the jobs of crashed engines have ended. */
  readonly #leftJobs: Promise<void>;
  #yieldedAt = 0;
  #closed = false;

  constructor({ home, queueConcurrency, containers, onEvent, startedBy, jobs }: EngineOptions) {
    this.store = openStore(home);
    this.objects = createFileObjects(home);
    this.#onEvent = onEvent;
    this.#startedBy = startedBy;
    this.#runs = new OwnedRuns(this.store.owners);
    this.#queue = this.#createQueue();
    this.#stepJobs =
      jobs?.({ transitions: this.#queue, clock: this.clock }) ??
      createSubprocessJobs({
        home,
        objects: this.objects,
        transitions: { send: (transitions) => this.#acceptFromJobs(transitions) },
        clock: this.clock,
        queues: queueConcurrency,
        containers,
      });
    this.queueLoads = this.#stepJobs.queueLoads;
    this.#childRuns = new AdoptedChildRuns({
      tasks: this.store.tasks,
      owns: (run) => this.#runs.has(run),
      claim: (run) => this.#claim(run),
      recover: (run) => this.#recoverRun(run),
    });
    this.#jobs = withChildRuns(this.#stepJobs, {
      tasks: this.store.tasks,
      registry: this.store.registry,
      objects: this.objects,
      transitions: this.#queue,
      clock: this.clock,
      adopt: (child, parent) => this.#childRuns.adopt(child, parent),
    });
    this.#evaluator = this.#createEvaluator();
    this.#evaluator.warm();
    this.#ports = this.#createPorts();
    this.#controller = createController(this.#ports, {
      leaseCheckIntervalMs: LEASE_CHECK_INTERVAL_MS,
    });
    this.#timerPoller = new TimerPoller({
      clock: this.clock,
      timers: this.store.timers,
      inbox: this.store.inbox,
      ownedRuns: () => this.#runs.ids(),
      send: (transitions) => void this.#queue.send(transitions),
    });
    this.evaluations = createEvaluationControl({
      objects: this.objects,
      transitions: this.#queue,
      token: createEvaluatorTokens(this.store.secret()),
      readCommands,
      jobs: false,
    });
    this.#leftJobs = this.#removeLeftJobs();
  }

  async start(info: Omit<RunInfo, 'number'>, texts: ReadonlyMap<string, string>): Promise<Run> {
    await storeCode(this.objects, texts);
    this.#claim(info.id);
    const run = await this.store.tasks.createRun(this.#withCreator(info), newHead(info));
    await this.#queue.send([{ kind: 'run.created', run: info.id }]);
    this.#timerPoller.schedule();
    return run;
  }

  async resume(id: RunId): Promise<Run> {
    const { head } = await this.#requireRun(id);
    this.#claim(id, head.lastEventAt);
    // An abort that was posted after the run finished must not stop the resumed run.
    if (isTerminalRun(head.status)) this.store.inbox.drain([id]);
    try {
      const run = await resumeRun(this.#ports, id);
      await this.#recoverRun(id);
      return run;
    } catch (error) {
      this.#runs.release(id);
      throw error;
    }
  }

  async rerun(source: RunId, { from, code, ...changes }: RerunOptions): Promise<Run> {
    const { info } = await this.#requireRun(source);
    if (code !== undefined) await storeCode(this.objects, code.texts);
    const newInfo = await prepareRerunInfo(
      info,
      code,
      this.store.registry,
      this.clock.now(),
      changes,
    );
    this.#claim(newInfo.id);
    const run = await createRerun(this.#ports, source, this.#withCreator(newInfo), {
      step: from,
      sameCode: code === undefined && changes.args === undefined,
    });
    await this.#queue.send([{ kind: 'run.sweep', run: newInfo.id, unknownJobsLost: true }]);
    this.#timerPoller.schedule();
    return run;
  }

  #withCreator<Info extends Pick<RunInfo, 'createdBy'>>(info: Info): Info {
    const createdBy = info.createdBy ?? this.#startedBy;
    return createdBy === undefined ? info : { ...info, createdBy };
  }

  /** If the owner crashes before it reads the posted abort, `waitUntilFinished` aborts again. */
  async abort(id: RunId, reason: string): Promise<void> {
    const { head } = await this.#requireRun(id);
    if (isTerminalRun(head.status)) return;
    const abort: Transition = { kind: 'run.abort', run: id, reason };
    if (this.#runs.has(id)) return this.#queue.send([abort]);
    if (await this.store.owners.isAlive(id)) {
      this.#postedAborts.set(id, reason);
      return this.store.inbox.post([abort]);
    }
    this.#postedAborts.delete(id);
    this.#claim(id, head.lastEventAt);
    await this.#recoverRun(id, abort);
  }

  async waitUntilFinished(id: RunId): Promise<Run> {
    const run = await this.#whenFinished(id);
    // A child run that the logic cancelled may still be stopping its steps.
    for (const child of this.#childRuns.takeOf(id)) await this.waitUntilFinished(child);
    return run;
  }

  async #whenFinished(id: RunId): Promise<Run> {
    while (true) {
      const run = await this.#requireRun(id);
      const isFinished = isTerminalRun(run.head.status);
      if (isFinished && !this.#runs.has(id)) return run;
      const failure = this.#runs.failureOf(id);
      if (failure !== undefined) throw failure;
      if (this.#runs.has(id)) {
        const finished = this.#runs.watch(id);
        if (isFinished) void this.#releaseIfFinished(id);
        return finished;
      }
      const abortReason = this.#postedAborts.get(id);
      if (abortReason !== undefined && !(await this.store.owners.isAlive(id)))
        await this.abort(id, abortReason);
      else await new Promise((resolve) => setTimeout(resolve, RUN_POLL_MS));
    }
  }

  async close({ interrupted }: { readonly interrupted?: boolean | undefined } = {}): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timerPoller.stop();
    // The evaluator closes at the same time as the queue: a turn that waits for an evaluation would
    // not finish otherwise.
    await Promise.all([
      this.#evaluator.close(),
      this.#queue.stop(),
      this.#stepJobs.close?.({ graceful: interrupted }),
    ]);
    this.#runs.releaseAll();
    await this.#leftJobs;
    this.store.close();
  }

  #createQueue(): LocalQueue {
    return createLocalQueue({
      handle: (run, batch) => this.#handle(run, batch),
      owns: (run) => this.#runs.has(run),
      forward: (transitions) => this.store.inbox.post(transitions),
      onPermanentFailure: (run, error) => {
        if (!this.#closed) void this.#onPermanentFailure(run, error);
      },
    });
  }

  /** A defect would stop each later process, too: the run fails. After other errors it can go on. */
  async #onPermanentFailure(run: RunId, error: unknown): Promise<void> {
    try {
      if (isDefect(error)) return await this.#controller.fail(run, new EngineDefectError(error));
    } catch {
      // The run stays as it is.
    }
    this.#runs.fail(run, error);
  }

  #createEvaluator(): ThreadedEvaluator {
    const { objects } = this;
    return createThreadedEvaluator({
      program: evaluatorProgram(),
      loadCode: async (info) =>
        Buffer.from(await objects.get(info.code.logic.key, MAX_BUNDLE_BYTES)).toString('utf8'),
      fetchValue: (value) => objects.get(value.key, value.size),
      stacks: true,
    });
  }

  #createPorts(): ControllerPorts {
    const { store, objects } = this;
    return {
      tasks: store.tasks,
      cache: store.cache,
      limits: store.limits,
      objects,
      jobs: this.#jobs,
      transitions: this.#queue,
      evaluator: createExternalEvaluator({
        engineEvaluator: this.#evaluator,
        objects,
        readCommands,
      }),
      clock: this.clock,
      liveness: store.owners,
      models: store.models,
      removal: store.removal,
      token: createJobTokens(store.secret()),
      events: { publish: (events) => this.#publish(events) },
    };
  }

  #claim(id: RunId, lastEventAt?: number): void {
    if (this.#runs.ids().length === 0) this.clock.adopt(lastEventAt);
    this.#runs.claim(id);
  }

  async #requireRun(id: RunId): Promise<Run> {
    const run = await this.store.tasks.run(id);
    if (run === undefined) throw new UnknownRunError(id);
    return run;
  }

  async #handle(run: RunId, batch: readonly Transition[]): Promise<void> {
    if (this.#closed) return;
    await this.#controller.handle(run, batch);
    this.#timerPoller.removeHandled(run, batch);
    this.#timerPoller.schedule();
  }

  /**
   * Rule 3. Messages for runs that this engine has released are dropped: those runs are finished.
   */
  async #acceptFromJobs(transitions: readonly Transition[]): Promise<void> {
    const own = transitions.filter(({ run }) => this.#runs.has(run));
    if (own.every(({ kind }) => kind === 'started')) return this.#queue.send(own);
    if (!(await this.#queue.deliver(own))) throw new MessageNotRecordedError();
  }

  async #publish(events: readonly StatusEvent[]): Promise<void> {
    await this.#yieldToEventLoop();
    // Stops a long turn after its last commit, with the same effect as a crash of the process.
    if (this.#closed) throw new EngineClosedError();
    for (const event of events) {
      this.#onEvent?.(event);
      if (event.kind === 'run' && isTerminalRun(event.status))
        queueMicrotask(() => void this.#releaseIfFinished(event.run));
    }
  }

  /** Lets signals, timers and messages of jobs be processed during a long turn. */
  async #yieldToEventLoop(): Promise<void> {
    if (performance.now() - this.#yieldedAt < YIELD_INTERVAL_MS) return;
    await nextIteration();
    this.#yieldedAt = performance.now();
  }

  async #releaseIfFinished(id: RunId): Promise<void> {
    await this.#queue.idle(id);
    const run = await this.store.tasks.run(id);
    if (run !== undefined && isTerminalRun(run.head.status)) this.#runs.finish(run);
  }

  async #removeLeftJobs(): Promise<void> {
    // What is left stays for the next engine.
    await this.#stepJobs
      .removeLeftJobs?.(async (id) => {
        const run = await this.store.tasks.run(id);
        return run !== undefined && !isTerminalRun(run.head.status);
      })
      .catch(() => undefined);
  }

  /** Sends the outcomes of a crashed engine's jobs, then the other transitions and a sweep. */
  async #recoverRun(id: RunId, ...others: readonly Transition[]): Promise<void> {
    const reaped = await this.#stepJobs.reap?.(id);
    const handled = this.#queue.deliver([
      ...(reaped?.transitions ?? []),
      ...others,
      { kind: 'run.sweep', run: id, unknownJobsLost: true },
    ]);
    void handled
      .then(async (allHandled) => (allHandled ? reaped?.removeRecords() : undefined))
      .catch(() => undefined);
    this.#timerPoller.schedule();
  }
}
