/**
 * One world: runs, stores, queue, jobs and controllers in virtual time, all from one plan.
 *
 * 1. Everything that happens follows from the plan and its seed: run twice, a world is the same.
 * 2. Nothing waits for a real clock.
 * 3. The first rule that is broken ends the world.
 *
 * @module
 */

import { DEFAULT_SETTINGS } from '../../src/controller/context.ts';
import type { RunId } from '../../src/model/ids.ts';
import { isTerminalRun as isRunTerminal, type Run } from '../../src/model/run.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { LeaseParty } from '../../src/ports/cache.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import { Agenda, type Surroundings } from '../../testing/clock/agenda.ts';
import { createMemoryStorage, type MemoryStorage } from '../conformance/memory.ts';
import {
  checkLeasesReleased,
  checkNoLiveJobs,
  checkPointsUnique,
  checkReplay,
} from './afterwards.ts';
import { ArmedTimers } from './armed-timers.ts';
import { checkedCache, checkedTasks, partyKey } from './checked-ports.ts';
import { CostTally, checkCost } from './cost-rule.ts';
import { type EvaluatorMaker, openEngine, type Ports, type SimulatedEvaluator } from './engine.ts';
import { ExternalEvaluators } from './external-evaluators.ts';
import { SimulatedJobs } from './jobs.ts';
import { describeHead, mirrorRun } from './mirror.ts';
import type { MirroredRun } from './mirrored-run.ts';
import { readerOf } from './plain-evaluator.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { ProcessPool, type SimulatedProcess } from './pool.ts';
import { type CallFault, isExpectedFailure, ProcessLife } from './processes.ts';
import { PLAIN_COMPONENT } from './program.ts';
import { SimulatedQueue, showTransition } from './queue.ts';
import { roll } from './random.ts';
import { checkFirstLaunch, checkLaunch } from './rules.ts';
import { runIdOf } from './submission.ts';
import { UserActions } from './user-actions.ts';
import { judge, judgeStatusCallbacks } from './verdict.ts';
import { demand, Violation } from './violation.ts';

const EPOCH_MS = Date.UTC(2030, 0, 1);
const DAY_MS = 86_400_000;
/** Everything must be over by then. */
const MAX_VIRTUAL_TIME_MS = 4 * DAY_MS;
const MAX_ACTIONS = 60_000;
/** Turns of the event loop that a handling may take between two calls of a port. */
const MAX_EVENT_LOOP_TURNS = 2000;
/** After so many acts the world is kind: faults that have no end would let no run end. */
const MAX_FAULTY_ACTIONS = 3000;
const MAX_CRASHES = 40;
/** Share of runs that are replayed once more at the end: the others were, whenever an evaluation was dropped on their way. */
const REPLAY_SHARE = 0.4;

interface Turnstile {
  readonly process: number;
  readonly call: string;
  readonly release: () => void;
}

interface Handling {
  readonly process: SimulatedProcess;
  readonly giveUp: (outcome: 'failed') => void;
}

export interface WorldResult {
  readonly violation: Violation | null;
  readonly trace: readonly string[];
  readonly stats: Readonly<Record<string, number>>;
}

/** Stands between a controller and its ports: the place where a test plants a bug. */
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
  readonly #disturbed = new Set<string>();
  readonly #agenda = new Agenda();
  /** Who gave a lease back. */
  readonly #releasedLeases = new Set<string>();
  readonly #pool: ProcessPool;
  readonly #handling = new Map<RunId, Handling>();
  readonly #turnstiles: Turnstile[] = [];
  #tally = new CostTally();
  #actionCount = 0;
  #now = EPOCH_MS;
  #rollCount = 0;
  #batchCount = 0;
  #violation: Violation | null = null;

  constructor(plan: WorldPlan, options: WorldOptions) {
    this.plan = plan;
    this.#options = options;
    const now = (): number => this.#now;
    const at = (time: number, act: () => void | Promise<void>): void => this.#agenda.add(time, act);
    const rolled = (...labels: readonly (string | number)[]): number => roll(plan.seed, ...labels);
    const trace = (line: () => string): void => this.trace(line);
    const send = (transition: Transition): void => this.queue.send(transition);
    this.#pool = new ProcessPool({
      plan,
      trace,
      roll: (what) => this.#roll(what),
      count: (what) => this.count(what),
      isFaultFree: () => this.#isFaultFree(),
      turn: (process, call) =>
        plan.faults.interleave
          ? new Promise((open) =>
              this.#turnstiles.push({ process, call, release: () => open(undefined) }),
            )
          : undefined,
      openEngine: (life, skew) => {
        const ports = this.#ports(life, skew);
        return openEngine(options.sabotage?.(ports, this) ?? ports, this.#evaluator());
      },
    });
    const surroundings: Surroundings = {
      now,
      at,
      trace,
      roll: (what) => this.#roll(what),
      count: (what) => this.count(what),
      send,
      evaluator: () => this.#evaluator(),
    };
    this.#userActions = new UserActions({
      ...surroundings,
      plan,
      reliablePorts: () => this.#ports(new ProcessLife(-1, FAULT_FREE_GATE), 0),
      faultyPorts: () => this.#ports(this.#pool.newLife(), 0),
    });
    this.#timers = new ArmedTimers(surroundings);
    this.#externalEvaluators = new ExternalEvaluators({
      ...surroundings,
      storage: this.storage,
      crashRate: 4 * plan.faults.crash,
    });
    const common = { faults: plan.faults, now, at, roll: rolled, trace };
    this.queue = new SimulatedQueue({
      ...common,
      handle: (run, batch) => this.#handle(run, batch),
      onDisturbed: (transition) => this.#markDisturbed(transition),
    });
    this.jobs = new SimulatedJobs(
      {
        ...common,
        seed: plan.seed,
        send,
        describe: (run, component) => this.describe(run, component),
        checkLaunch: (group, first) =>
          this.check(() => {
            const run = this.runs.get(group.specs[0]?.run ?? runIdOf(0));
            checkLaunch(run, group);
            if (first && run !== undefined) checkFirstLaunch(run, group);
          }),
      },
      this.storage.objects,
    );
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

  /** Lives until nothing is left to happen, or a rule is broken. */
  async run(): Promise<void> {
    this.plan.runs.forEach((plan, index) => {
      this.#agenda.add(EPOCH_MS + plan.startAtMs, () => this.#userActions.start(index, plan));
    });
    try {
      while (this.#violation === null && (await this.#step()));
    } catch (error) {
      this.fail(error);
    }
    for (const turnstile of this.#turnstiles.splice(0)) turnstile.release();
    if (this.#violation === null)
      await this.#checkCompletedRuns().catch((error: unknown) => this.fail(error));
    for (const evaluator of this.#evaluators) evaluator.close();
  }

  /** What is asked when nothing is left to happen. */
  async #checkCompletedRuns(): Promise<void> {
    for (const run of this.runs.values()) {
      const where = `run ${run.index}`;
      demand(
        isRunTerminal(run.head.status),
        'every run ends',
        () => `${where} is ${run.head.status}, and nothing will move it`,
      );
      await judge({
        plan: this.plan,
        runPlan: this.#userActions.planOf(run.index),
        run,
        infrastructureBudget: DEFAULT_SETTINGS.infrastructureBudget,
        wasDisturbed: (step, attempt) =>
          this.#disturbed.has(`${run.info.id} ${step.call} ${attempt.number}`),
        read: readerOf(this.storage.objects),
      });
      judgeStatusCallbacks(run.events, run.head.generation > 0);
      for (const { call } of run.steps.values())
        checkPointsUnique(
          await this.storage.tasks.points(run.info.id, call),
          `call ${call} of ${where}`,
        );
      if (this.#roll('replayed') < REPLAY_SHARE)
        await checkReplay(run, this.storage.tasks, this.#evaluator());
    }
    if (
      this.#pool.crashCount === 0 &&
      this.stats.hiccups === undefined &&
      this.stats.hangs === undefined
    )
      await checkLeasesReleased(this.runs.values(), this.storage.cache);
  }

  #markDisturbed(transition: Transition): void {
    if ('attempt' in transition)
      this.#disturbed.add(`${transition.run} ${transition.call} ${transition.attempt}`);
  }

  async #step(): Promise<boolean> {
    const waiting = this.#turnstiles.length;
    const next = this.#agenda.nextAt;
    if (waiting > 0 && (next === undefined || next > this.#now + 3 || this.#roll('gate') < 0.9)) {
      const [turnstile] = this.#turnstiles.splice(Math.floor(this.#roll('which') * waiting), 1);
      if (turnstile !== undefined) this.#release(turnstile);
      await this.#settled();
      return true;
    }
    const item = this.#agenda.take();
    if (item === undefined) return false;
    this.#now = Math.max(this.#now, item.at);
    this.#actionCount += 1;
    this.check(() => {
      const open = [...this.runs.values()]
        .filter((run) => !isRunTerminal(run.head.status))
        .map((run) => `run ${run.index} is ${run.head.status}`);
      demand(
        this.#now < EPOCH_MS + MAX_VIRTUAL_TIME_MS && this.#actionCount < MAX_ACTIONS,
        'every world ends',
        () => `after ${this.#actionCount} acts: ${open.join(', ')}`,
      );
    });
    const done = Promise.resolve(item.act()).catch((error: unknown) => this.fail(error));
    if (this.plan.faults.interleave) await this.#settled();
    else await done;
    return true;
  }

  /** Until every batch that is handled waits for its turn, hangs, or is done. */
  async #settled(): Promise<void> {
    for (let round = 0; round < MAX_EVENT_LOOP_TURNS; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const isStill = this.#pool.all.every(
        ({ activeBatches: active, hangingCalls: hanging }) => active === 0 || hanging > 0,
      );
      if (
        this.#turnstiles.length > 0 ||
        (isStill && !this.#userActions.isBusy && !this.#externalEvaluators.isBusy)
      )
        return;
    }
    this.check(() =>
      demand(false, 'handling ends', () => 'a batch is handled and waits for no port'),
    );
  }

  /** Once in a while a call hangs for minutes, its batch is given to another process, and then it goes on. */
  #release(turnstile: Turnstile): void {
    const process = this.#pool.all.find((one) => one.life.number === turnstile.process);
    const hangs =
      process !== undefined &&
      !process.isReplaced &&
      !process.life.hasCrashed &&
      this.#isFaultFree() === false &&
      this.#roll('hang') < 0.01;
    if (!hangs) return turnstile.release();
    this.trace(() => `process ${turnstile.process} hangs in ${turnstile.call}`);
    this.count('hangs');
    process.isReplaced = true;
    process.hangingCalls += 1;
    for (const handling of this.#handling.values())
      if (handling.process === process) handling.giveUp('failed');
    this.#agenda.add(this.#now + 1000 + Math.floor(this.#roll('how long') * 600_000), () => {
      this.trace(() => `process ${turnstile.process} goes on with ${turnstile.call}`);
      process.hangingCalls -= 1;
      turnstile.release();
    });
  }

  #isFaultFree(): boolean {
    return this.#actionCount > MAX_FAULTY_ACTIONS || this.#pool.crashCount > MAX_CRASHES;
  }

  /** A number for something that has no name of its own: the n-th of the world. */
  #roll(what: string): number {
    this.#rollCount += 1;
    return roll(this.plan.seed, what, this.#rollCount);
  }

  // --- runs

  onCreated({ info, head }: Run): void {
    const index = Number(info.id.slice(-6));
    this.trace(() => `run ${index} is created as ${info.id}`);
    this.runs.set(info.id, mirrorRun(info, index, head));
  }

  onCommitted(run: MirroredRun): void {
    this.trace(() => describeHead(run));
    this.#timers.arm(run);
    this.#externalEvaluators.follow(run.info.id, run.head);
    if (!isRunTerminal(run.head.status)) return;
    this.count(`runs ${run.head.status}`);
    this.check(() => checkNoLiveJobs(run, this.jobs.all));
    this.#userActions.restartIfFailed(run);
  }

  // --- controllers

  #ports(life: ProcessLife, skew: number): Ports {
    const { storage, jobs, queue } = this;
    const watched = checkedTasks(storage.tasks, this.#checkContext, () => this.#tally);
    return {
      tasks: life.guard('tasks', watched),
      cache: life.guard('cache', checkedCache(storage.cache, this.#releasedLeases)),
      objects: life.guard('objects', storage.objects),
      jobs: life.guard<Ports['jobs']>('jobs', jobs),
      transitions: life.guard('transitions', {
        send: async (transitions: readonly Transition[]) => {
          for (const transition of transitions) queue.send(transition);
        },
      }),
      events: life.guard('events', { publish: async () => undefined }),
      liveness: life.guard('liveness', { isAlive: async () => true }),
      clock: { now: () => this.#now + skew },
      token: (jobName) => `token of ${jobName}`,
    };
  }

  readonly #checkContext = {
    runs: this.runs,
    isLaunched: (group: string): boolean => this.jobs.wasSubmitted(group),
    isReleased: (party: LeaseParty): boolean => this.#releasedLeases.has(partyKey(party)),
    isExclusive: (): boolean => this.stats.hangs === undefined,
    onCreated: (run: Run): void => this.onCreated(run),
    onCommitted: (run: MirroredRun): void => this.onCommitted(run),
    check: (act: () => void): void => this.check(act),
  };

  /** One with nothing in memory. */
  #evaluator(): Evaluator {
    const made = this.#options.evaluator(this.storage.objects);
    this.#evaluators.push(made);
    return made;
  }

  #handle(run: RunId, batch: readonly Transition[]): Promise<'done' | 'failed'> {
    const process = this.#pool.choose();
    this.#batchCount += 1;
    if (roll(this.plan.seed, 'forget', this.#batchCount) < this.plan.faults.forget)
      process.engine.ports.evaluator.drop(run);
    this.trace(
      () =>
        `process ${process.life.number} handles\n${batch.map((transition) => `${' '.repeat(14)}${showTransition(transition)}`).join('\n')}`,
    );
    process.activeBatches += 1;
    const outcome = this.#attempt(process, run, batch).finally(() => {
      process.activeBatches -= 1;
    });
    if (!this.plan.faults.interleave) return outcome;
    const given_up = new Promise<'failed'>((resolve) => {
      this.#handling.set(run, { process, giveUp: resolve });
    });
    return Promise.race([outcome, given_up]);
  }

  async #attempt(
    process: SimulatedProcess,
    run: RunId,
    batch: readonly Transition[],
  ): Promise<'done' | 'failed'> {
    const tally = new CostTally();
    const mirrored = this.runs.get(run);
    for (const group of mirrored?.head.unlaunchedGroups ?? [])
      tally.work += mirrored?.groups.get(group)?.members.length ?? 0;
    if (!this.plan.faults.interleave) this.#tally = tally;
    try {
      await process.engine.controller.handle(run, batch);
      this.count('batches');
      if (!this.plan.faults.interleave) this.check(() => checkCost(tally, batch, mirrored));
      return process.life.hasCrashed ? 'failed' : 'done';
    } catch (error) {
      if (this.#violation !== null) return 'failed';
      if (isExpectedFailure(error) || (process.isReplaced && !(error instanceof Violation))) {
        this.trace(
          () => `handling failed: ${error instanceof Error ? error.message : String(error)}`,
        );
        return 'failed';
      }
      this.fail(error);
      return 'failed';
    }
  }
}

const FAULT_FREE_GATE = {
  faultOf: (): CallFault => 'nothing',
  turn: () => undefined,
  onCrash: () => undefined,
};
