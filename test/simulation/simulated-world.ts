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
import { checkLeasesEnded, checkNoJobs, checkPoints, checkReplay } from './afterwards.ts';
import { ArmedTimers } from './armed-timers.ts';
import { partyKey, Tally, watchCache, watchTasks } from './checked-ports.ts';
import { type EvaluatorMaker, openEngine, type Ports, type SimulatedEvaluator } from './engine.ts';
import { Outsiders } from './external-evaluators.ts';
import { VirtualJobs } from './jobs.ts';
import { describeHead, type MirroredRun, mirrorRun } from './mirror.ts';
import { readerOf } from './plain-evaluator.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { Pool, type Process } from './pool.ts';
import { type CallFate, isMortal, Life } from './processes.ts';
import { PLAIN_COMPONENT } from './program.ts';
import { Queue, show } from './queue.ts';
import { roll } from './random.ts';
import { checkCost, checkFirstLaunch, checkLaunch } from './rules.ts';
import { runIdOf } from './submission.ts';
import { People } from './user-actions.ts';
import { judge, judgeStatusCallbacks } from './verdict.ts';
import { demand, Violation } from './violation.ts';

const EPOCH = Date.UTC(2030, 0, 1);
const DAY = 86_400_000;
/** Everything must be over by then. */
const HORIZON = 4 * DAY;
const MOST_ACTS = 60_000;
/** Turns of the event loop that a handling may take between two calls of a port. */
const PATIENCE = 2000;
/** After so many acts the world is kind: faults that have no end would let no run end. */
const FAULTY_ACTS = 3000;
const MOST_PROCESS_DEATHS = 40;
/** Share of runs that are replayed once more at the end: the others were, whenever an evaluation was dropped on their way. */
const REPLAYED = 0.4;

interface Turnstile {
  readonly process: number;
  readonly call: string;
  readonly open: () => void;
}

interface Handling {
  readonly process: Process;
  readonly give_up: (outcome: 'failed') => void;
}

export interface WorldResult {
  readonly violation: Violation | null;
  readonly trace: readonly string[];
  readonly stats: Readonly<Record<string, number>>;
}

/** Stands between a controller and its ports: the place where a test plants a bug. */
export type Sabotage = (ports: Ports, world: World) => Ports;

export interface WorldOptions {
  readonly trace?: boolean;
  readonly sabotage?: Sabotage;
  readonly evaluator: EvaluatorMaker;
}

export class World {
  readonly plan: WorldPlan;
  readonly runs = new Map<RunId, MirroredRun>();
  readonly storage: MemoryStorage = createMemoryStorage();
  readonly queue: Queue;
  readonly jobs: VirtualJobs;
  readonly stats: Record<string, number> = {};
  readonly lines: string[] = [];
  readonly #options: WorldOptions;
  readonly #people: People;
  readonly #outsiders: Outsiders;
  readonly #timers: ArmedTimers;
  readonly #evaluators: SimulatedEvaluator[] = [];
  readonly #disturbed = new Set<string>();
  readonly #agenda = new Agenda();
  /** Who gave a lease back. */
  readonly #released = new Set<string>();
  readonly #pool: Pool;
  readonly #handling = new Map<RunId, Handling>();
  readonly #turnstiles: Turnstile[] = [];
  #tally = new Tally();
  #acts = 0;
  #now = EPOCH;
  #calls = 0;
  #batches = 0;
  #violation: Violation | null = null;

  constructor(plan: WorldPlan, options: WorldOptions) {
    this.plan = plan;
    this.#options = options;
    const now = (): number => this.#now;
    const at = (time: number, act: () => void | Promise<void>): void => this.#agenda.add(time, act);
    const rolled = (...labels: readonly (string | number)[]): number => roll(plan.seed, ...labels);
    const trace = (line: () => string): void => this.trace(line);
    const send = (transition: Transition): void => this.queue.send(transition);
    this.#pool = new Pool({
      plan,
      trace,
      roll: (what) => this.#roll(what),
      count: (what) => this.count(what),
      isKind: () => this.#kind(),
      turn: (process, call) =>
        plan.faults.interleave
          ? new Promise((open) =>
              this.#turnstiles.push({ process, call, open: () => open(undefined) }),
            )
          : undefined,
      open: (life, skew) => {
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
    this.#people = new People({
      ...surroundings,
      plan,
      kindPorts: () => this.#ports(new Life(-1, KIND_GATE), 0),
      mortalPorts: () => this.#ports(this.#pool.life(), 0),
    });
    this.#timers = new ArmedTimers(surroundings);
    this.#outsiders = new Outsiders({
      ...surroundings,
      storage: this.storage,
      deaths: 4 * plan.faults.crash,
    });
    const common = { faults: plan.faults, now, at, roll: rolled, trace };
    this.queue = new Queue({
      ...common,
      handle: (run, batch) => this.#handle(run, batch),
      disturbed: (transition) => this.#disturb(transition),
    });
    this.jobs = new VirtualJobs(
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
      this.lines.push(`${((this.#now - EPOCH) / 1000).toFixed(3).padStart(10)}  ${line()}`);
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
    const found = this.#people
      .planOf(index)
      .program.components.find((one) => one.name === component);
    return { index, component: found ?? { name: component, ...PLAIN_COMPONENT } };
  }

  /** Lives until nothing is left to happen, or a rule is broken. */
  async live(): Promise<void> {
    this.plan.runs.forEach((plan, index) => {
      this.#agenda.add(EPOCH + plan.startAt, () => this.#people.start(index, plan));
    });
    try {
      while (this.#violation === null && (await this.#step()));
    } catch (error) {
      this.fail(error);
    }
    for (const turnstile of this.#turnstiles.splice(0)) turnstile.open();
    if (this.#violation === null) await this.#close().catch((error: unknown) => this.fail(error));
    for (const evaluator of this.#evaluators) evaluator.close();
  }

  /** What is asked when nothing is left to happen. */
  async #close(): Promise<void> {
    for (const run of this.runs.values()) {
      const where = `run ${run.index}`;
      demand(
        isRunTerminal(run.head.status),
        'every run ends',
        () => `${where} is ${run.head.status}, and nothing will move it`,
      );
      await judge({
        plan: this.plan,
        runPlan: this.#people.planOf(run.index),
        run,
        infrastructureBudget: DEFAULT_SETTINGS.infrastructureBudget,
        disturbed: (step, attempt) =>
          this.#disturbed.has(`${run.info.id} ${step.call} ${attempt.number}`),
        read: readerOf(this.storage.objects),
      });
      judgeStatusCallbacks(run.events, run.head.generation > 0);
      for (const { call } of run.steps.values())
        checkPoints(await this.storage.tasks.points(run.info.id, call), `call ${call} of ${where}`);
      if (this.#roll('replayed') < REPLAYED)
        await checkReplay(run, this.storage.tasks, this.#evaluator());
    }
    if (
      this.#pool.deaths === 0 &&
      this.stats['hiccups'] === undefined &&
      this.stats['hangs'] === undefined
    )
      await checkLeasesEnded(this.runs.values(), this.storage.cache);
  }

  #disturb(transition: Transition): void {
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
    this.#acts += 1;
    this.check(() => {
      const open = [...this.runs.values()]
        .filter((run) => !isRunTerminal(run.head.status))
        .map((run) => `run ${run.index} is ${run.head.status}`);
      demand(
        this.#now < EPOCH + HORIZON && this.#acts < MOST_ACTS,
        'every world ends',
        () => `after ${this.#acts} acts: ${open.join(', ')}`,
      );
    });
    const done = Promise.resolve(item.act()).catch((error: unknown) => this.fail(error));
    if (this.plan.faults.interleave) await this.#settled();
    else await done;
    return true;
  }

  /** Until every batch that is handled waits for its turn, hangs, or is done. */
  async #settled(): Promise<void> {
    for (let round = 0; round < PATIENCE; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const isStill = this.#pool.all.every(({ active, hanging }) => active === 0 || hanging > 0);
      if (
        this.#turnstiles.length > 0 ||
        (isStill && !this.#people.areBusy && !this.#outsiders.areBusy)
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
      !process.stale &&
      !process.life.dead &&
      this.#kind() === false &&
      this.#roll('hang') < 0.01;
    if (!hangs) return turnstile.open();
    this.trace(() => `process ${turnstile.process} hangs in ${turnstile.call}`);
    this.count('hangs');
    process.stale = true;
    process.hanging += 1;
    for (const handling of this.#handling.values())
      if (handling.process === process) handling.give_up('failed');
    this.#agenda.add(this.#now + 1000 + Math.floor(this.#roll('how long') * 600_000), () => {
      this.trace(() => `process ${turnstile.process} goes on with ${turnstile.call}`);
      process.hanging -= 1;
      turnstile.open();
    });
  }

  #kind(): boolean {
    return this.#acts > FAULTY_ACTS || this.#pool.deaths > MOST_PROCESS_DEATHS;
  }

  /** A number for something that has no name of its own: the n-th of the world. */
  #roll(what: string): number {
    this.#calls += 1;
    return roll(this.plan.seed, what, this.#calls);
  }

  // --- runs

  created({ info, head }: Run): void {
    const index = Number(info.id.slice(-6));
    this.trace(() => `run ${index} is created as ${info.id}`);
    this.runs.set(info.id, mirrorRun(info, index, head));
  }

  committed(run: MirroredRun): void {
    this.trace(() => describeHead(run));
    this.#timers.arm(run);
    this.#outsiders.follow(run.info.id, run.head);
    if (!isRunTerminal(run.head.status)) return;
    this.count(`runs ${run.head.status}`);
    this.check(() => checkNoJobs(run, this.jobs.all));
    this.#people.follow(run);
  }

  // --- controllers

  #ports(life: Life, skew: number): Ports {
    const { storage, jobs, queue } = this;
    const watched = watchTasks(storage.tasks, this.#watchWorld, () => this.#tally);
    return {
      tasks: life.guard('tasks', watched),
      cache: life.guard('cache', watchCache(storage.cache, this.#released)),
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

  readonly #watchWorld = {
    runs: this.runs,
    launched: (group: string): boolean => this.jobs.knows(group),
    released: (party: LeaseParty): boolean => this.#released.has(partyKey(party)),
    isExclusive: (): boolean => this.stats.hangs === undefined,
    created: (run: Run): void => this.created(run),
    committed: (run: MirroredRun): void => this.committed(run),
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
    this.#batches += 1;
    if (roll(this.plan.seed, 'forget', this.#batches) < this.plan.faults.forget)
      process.engine.ports.evaluator.drop(run);
    this.trace(
      () =>
        `process ${process.life.number} handles\n${batch.map((transition) => `${' '.repeat(14)}${show(transition)}`).join('\n')}`,
    );
    process.active += 1;
    const outcome = this.#attempt(process, run, batch).finally(() => {
      process.active -= 1;
    });
    if (!this.plan.faults.interleave) return outcome;
    const given_up = new Promise<'failed'>((resolve) => {
      this.#handling.set(run, { process, give_up: resolve });
    });
    return Promise.race([outcome, given_up]);
  }

  async #attempt(
    process: Process,
    run: RunId,
    batch: readonly Transition[],
  ): Promise<'done' | 'failed'> {
    const tally = new Tally();
    const mirrored = this.runs.get(run);
    for (const group of mirrored?.head.unlaunchedGroups ?? [])
      tally.work += mirrored?.groups.get(group)?.members.length ?? 0;
    if (!this.plan.faults.interleave) this.#tally = tally;
    try {
      await process.engine.controller.handle(run, batch);
      this.count('batches');
      if (!this.plan.faults.interleave) this.check(() => checkCost(tally, batch, mirrored));
      return process.life.dead ? 'failed' : 'done';
    } catch (error) {
      if (this.#violation !== null) return 'failed';
      if (isMortal(error) || (process.stale && !(error instanceof Violation))) {
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

const KIND_GATE = { fate: (): CallFate => 'nothing', turn: () => undefined, died: () => undefined };
