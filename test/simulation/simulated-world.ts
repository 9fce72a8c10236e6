/**
 * A simulated world: runs, stores, a queue, jobs and controllers in virtual time, all from one
 * plan.
 *
 * 1. Everything that happens follows from the plan and its seed: a plan that runs twice has the
 *    same trace.
 * 2. Nothing waits for a real clock.
 * 3. The first violation of a rule stops the world.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import { isTerminalRun, type Run } from '../../src/model/run.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import { Agenda } from '../../testing/clock/agenda.ts';
import { createMemoryStorage, type MemoryStorage } from '../conformance/memory.ts';
import { ArmedTimers } from './armed-timers.ts';
import { BatchHandler } from './batch-handler.ts';
import { CallGate, type HeldCall } from './call-gate.ts';
import { WorldChildRuns } from './child-launches.ts';
import {
  type Engine,
  type EvaluatorMaker,
  openEngine,
  type Ports,
  type SimulatedEvaluator,
} from './engine.ts';
import { createEvaluatorFunctions, hasEvaluatorFunctions } from './evaluator-functions.ts';
import { ExternalEvaluators } from './external-evaluators.ts';
import {
  checkCompletedRuns,
  checkLeasesReleased,
  checkNoLiveJobs,
  checkSlotsReleased,
} from './final-checks.ts';
import { SimulatedJobs } from './jobs.ts';
import { checkFirstLaunch, checkLaunch } from './launch-rules.ts';
import { describeHead, type MirroredRun, mirrorRun } from './mirror.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { ProcessPool } from './pool.ts';
import { ProcessLife } from './processes.ts';
import { PLAIN_COMPONENT } from './program.ts';
import { SimulatedQueue } from './queue.ts';
import { roll } from './random.ts';
import { allArguments } from './run-arguments.ts';
import type { SimulationContext } from './simulation-context.ts';
import { runIdOf } from './submission.ts';
import { UserActions } from './user-actions.ts';
import { demand, Violation } from './violation.ts';
import { FAULT_FREE_GATE, WorldPorts } from './world-ports.ts';

const EPOCH_MS = Date.UTC(2030, 0, 1);
const DAY_MS = 86_400_000;
/** Virtual time after which every run must be terminal. */
const MAX_VIRTUAL_TIME_MS = 4 * DAY_MS;
const MAX_ACTIONS = 60_000;
/** Limit of the turns of the event loop between two calls of a port by one handler. */
const MAX_EVENT_LOOP_TURNS = 2000;
/**
 * After this number of actions, the world has no more faults: with endless faults no run completes.
 */
const MAX_FAULTY_ACTIONS = 3000;
const MAX_CRASHES = 40;

export interface WorldResult {
  readonly violation: Violation | null;
  readonly trace: readonly string[];
  readonly stats: Readonly<Record<string, number>>;
}

/** Replaces the ports of a controller: here a test plants a bug. */
export type Sabotage = (ports: Ports, world: SimulatedWorld) => Ports;

export interface WorldOptions {
  readonly trace?: boolean;
  readonly sabotage?: Sabotage;
  readonly evaluator: EvaluatorMaker;
}

export class SimulatedWorld {
  readonly plan: WorldPlan;
  readonly runs = new Map<RunId, MirroredRun>();
  readonly storage: MemoryStorage = createMemoryStorage();
  readonly queue: SimulatedQueue;
  readonly jobs: SimulatedJobs;
  readonly stats: Record<string, number> = {};
  readonly lines: string[] = [];
  readonly #options: WorldOptions;
  readonly #userActions: UserActions;
  readonly #externalEvaluators: ExternalEvaluators;
  readonly #timers: ArmedTimers;
  readonly #evaluators: SimulatedEvaluator[] = [];
  readonly #evaluatorFunctions: Evaluator | undefined;
  /** Attempts whose messages were lost or late. */
  readonly #disturbed = new Set<string>();
  readonly #agenda = new Agenda();
  readonly #ports: WorldPorts;
  readonly #childRuns = new WorldChildRuns(this.runs, (act) => this.check(act));
  readonly #pool: ProcessPool;
  readonly #batches: BatchHandler;
  readonly #gate = new CallGate();
  #actionCount = 0;
  #now = EPOCH_MS;
  #rollCount = 0;
  #violation: Violation | null = null;

  constructor(plan: WorldPlan, options: WorldOptions) {
    this.plan = plan;
    this.#options = options;
    this.#evaluatorFunctions = hasEvaluatorFunctions(plan.seed)
      ? createEvaluatorFunctions(plan.seed, () => this.#newEvaluator())
      : undefined;
    const context: SimulationContext = {
      now: () => this.#now,
      at: (time, act) => this.#agenda.add(time, act),
      trace: (line) => this.trace(line),
      roll: (what) => this.#roll(what),
      count: (what) => this.count(what),
      send: (transition) => {
        this.#childRuns.onSent(transition);
        this.queue.send(transition);
      },
      newEvaluator: () => this.#newEvaluator(),
    };
    this.#pool = new ProcessPool({
      ...context,
      plan,
      isFaultFree: () => this.#isFaultFree(),
      turn: (process, call) =>
        plan.faults.interleave ? this.#gate.hold(process, call) : undefined,
      openEngine: (life, skewMs) => {
        const ports = this.#ports.of(life, skewMs);
        return this.#openEngine(options.sabotage?.(ports, this) ?? ports);
      },
    });
    this.#batches = new BatchHandler({
      ...context,
      plan,
      pool: this.#pool,
      runs: this.runs,
      check: (act) => this.check(act),
      fail: (error) => this.fail(error),
      hasViolation: () => this.#violation !== null,
    });
    this.#userActions = new UserActions({
      ...context,
      plan,
      openEngine: (ports) => this.#openEngine(ports),
      reliablePorts: () => this.#ports.of(new ProcessLife(-1, FAULT_FREE_GATE), 0),
      faultyPorts: () => this.#ports.of(this.#pool.newLife(), 0),
    });
    this.#timers = new ArmedTimers(context);
    this.#externalEvaluators = new ExternalEvaluators({
      ...context,
      storage: this.storage,
      crashRate: 4 * plan.faults.crash,
    });
    const labelled = {
      ...context,
      faults: plan.faults,
      roll: (...labels: readonly (string | number)[]): number => roll(plan.seed, ...labels),
    };
    this.queue = new SimulatedQueue({
      ...labelled,
      handle: (run, batch, isRepeated) => this.#batches.handle(run, batch, isRepeated),
      onDisturbed: (transition) => this.#markDisturbed(transition),
    });
    this.jobs = new SimulatedJobs(
      {
        ...labelled,
        seed: plan.seed,
        describe: (run, component) => this.describe(run, component),
        checkLaunch: (group, isFirst) =>
          this.check(() => {
            const run = this.runs.get(group.specs[0]?.run ?? runIdOf(0));
            checkLaunch(run, group);
            if (isFirst && run !== undefined) checkFirstLaunch(run, group);
          }),
      },
      this.storage.objects,
    );
    this.#ports = new WorldPorts({
      ...context,
      runs: this.runs,
      storage: this.storage,
      jobs: this.jobs,
      childRuns: this.#childRuns,
      tally: () => this.#batches.tally,
      isExclusive: () => this.stats.hangs === undefined,
      onCreated: (run) => this.#onCreated(run),
      onCommitted: (run) => this.#onCommitted(run),
      check: (act) => this.check(act),
    });
  }

  get now(): number {
    return this.#now;
  }

  get violation(): Violation | null {
    return this.#violation;
  }

  count(what: string): void {
    this.stats[what] = (this.stats[what] ?? 0) + 1;
  }

  trace(line: () => string): void {
    if (this.#options.trace === true)
      this.lines.push(`${((this.#now - EPOCH_MS) / 1000).toFixed(3).padStart(10)}  ${line()}`);
  }

  /** Makes a check. A violation stops the world, even if the controller catches the error. */
  check(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  fail(error: unknown): void {
    if (this.#violation !== null) return;
    this.#violation =
      error instanceof Violation
        ? error
        : new Violation(
            'nothing throws',
            error instanceof Error ? (error.stack ?? error.message) : String(error),
          );
    this.trace(() => `VIOLATION ${this.#violation?.message}`);
  }

  /** The index of the run in the plan, and a component as its program declares it. */
  describe(
    run: RunId,
    component: string,
  ): { readonly index: number; readonly component: RunPlan['program']['components'][number] } {
    const index = this.runs.get(run)?.index ?? 0;
    const found = this.#userActions
      .planOf(index)
      .program.components.find((one) => one.name === component);
    return { index, component: found ?? { name: component, ...PLAIN_COMPONENT } };
  }

  /** Runs the world until nothing is left to do, or a rule is violated. */
  async run(): Promise<void> {
    this.plan.runs.forEach((plan, index) => {
      this.#agenda.add(EPOCH_MS + plan.startAtMs, () => this.#userActions.start(index, plan));
    });
    try {
      while (this.#violation === null && (await this.#step()));
    } catch (error) {
      this.fail(error);
    }
    this.#gate.releaseAll();
    if (this.#violation === null)
      await this.#checkWorld().catch((error: unknown) => this.fail(error));
    for (const evaluator of this.#evaluators) evaluator.close();
  }

  async #checkWorld(): Promise<void> {
    await checkCompletedRuns(this.runs.values(), {
      plan: this.plan,
      storage: this.storage,
      planOf: (index) => this.#userActions.planOf(index),
      isDisturbed: (run, step, attempt) =>
        this.#disturbed.has(`${run.info.id} ${step.call} ${attempt.number}`),
      roll: (what) => this.#roll(what),
      newEvaluator: () => this.#newEvaluator(),
      childRuns: this.#childRuns,
    });
    const { hiccups, hangs } = this.stats;
    if (this.#pool.crashCount > 0 || hiccups !== undefined || hangs !== undefined) return;
    await checkLeasesReleased(this.runs.values(), this.storage.cache);
    checkSlotsReleased(this.storage);
  }

  #markDisturbed(transition: Transition): void {
    if ('attempt' in transition)
      this.#disturbed.add(`${transition.run} ${transition.call} ${transition.attempt}`);
  }

  /** Releases one held call, or does the next action of the agenda. False if there is none. */
  async #step(): Promise<boolean> {
    const held = this.#gate.size;
    const next = this.#agenda.nextAt;
    if (held > 0 && (next === undefined || next > this.#now + 3 || this.#roll('gate') < 0.9)) {
      const call = this.#gate.take(Math.floor(this.#roll('which') * held));
      if (call !== undefined) this.#release(call);
      await this.#untilHeld();
      return true;
    }
    const item = this.#agenda.take();
    if (item === undefined) return false;
    this.#now = Math.max(this.#now, item.at);
    this.#actionCount += 1;
    this.check(() => this.#checkLimits());
    const done = Promise.resolve(item.act()).catch((error: unknown) => this.fail(error));
    if (this.plan.faults.interleave) await this.#untilHeld();
    else await done;
    return true;
  }

  #checkLimits(): void {
    demand(
      this.#now < EPOCH_MS + MAX_VIRTUAL_TIME_MS && this.#actionCount < MAX_ACTIONS,
      'every world ends',
      () => {
        const open = [...this.runs.values()]
          .filter((run) => !isTerminalRun(run.head.status))
          .map((run) => `run ${run.index} is ${run.head.status}`);
        return `after ${this.#actionCount} actions: ${open.join(', ')}`;
      },
    );
  }

  /** Waits until a call is held, or every batch hangs or is handled. */
  async #untilHeld(): Promise<void> {
    for (let round = 0; round < MAX_EVENT_LOOP_TURNS; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const isStill = this.#pool.all.every(
        ({ activeBatches, hangingCalls }) => activeBatches === 0 || hangingCalls > 0,
      );
      if (
        this.#gate.size > 0 ||
        (isStill && !this.#userActions.isBusy && !this.#externalEvaluators.isBusy)
      )
        return;
    }
    this.check(() =>
      demand(false, 'handling ends', () => 'a batch is handled and waits for no port'),
    );
  }

  /** Releases a held call. Some calls hang for minutes: another process then handles the batch. */
  #release(held: HeldCall): void {
    const process = this.#pool.all.find(({ life }) => life.number === held.process);
    const hangs =
      process !== undefined &&
      !process.isReplaced &&
      !process.life.hasCrashed &&
      !this.#isFaultFree() &&
      this.#roll('hang') < 0.01;
    if (!hangs) return held.release();
    this.trace(() => `process ${held.process} hangs in ${held.call}`);
    this.count('hangs');
    process.isReplaced = true;
    process.hangingCalls += 1;
    this.#batches.giveUp(process);
    this.#agenda.add(this.#now + 1000 + Math.floor(this.#roll('how long') * 600_000), () => {
      this.trace(() => `process ${held.process} continues with ${held.call}`);
      process.hangingCalls -= 1;
      held.release();
    });
  }

  #isFaultFree(): boolean {
    return this.#actionCount > MAX_FAULTY_ACTIONS || this.#pool.crashCount > MAX_CRASHES;
  }

  /** The n-th random number of the world, for a decision without labels of its own. */
  #roll(what: string): number {
    this.#rollCount += 1;
    return roll(this.plan.seed, what, this.#rollCount);
  }

  #onCreated({ info: record, head }: Run): void {
    const info = { ...record, args: allArguments(record, this.storage.objects) };
    const isChild = info.parent !== undefined;
    if (isChild) this.count('child runs');
    const index = isChild ? this.#userActions.addChild(info) : Number(info.id.slice(-6));
    this.trace(() => `run ${index} is created as ${info.id}`);
    this.runs.set(info.id, mirrorRun(info, index, head));
  }

  #onCommitted(run: MirroredRun): void {
    this.trace(() => describeHead(run));
    this.#timers.arm(run);
    this.#externalEvaluators.follow(run.info.id, run.head);
    if (!isTerminalRun(run.head.status)) return;
    this.count(`runs ${run.head.status}`);
    this.check(() => checkNoLiveJobs(run, this.jobs.all));
    this.#userActions.restartIfFailed(run);
  }

  #openEngine(ports: Ports): Engine {
    return openEngine(ports, this.#evaluatorFunctions ?? this.#newEvaluator(), this.#childRuns);
  }

  #newEvaluator(): Evaluator {
    const evaluator = this.#options.evaluator(this.storage.objects);
    this.#evaluators.push(evaluator);
    return evaluator;
  }
}
