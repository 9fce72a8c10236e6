/**
 * One world: runs, stores, queue, jobs and controllers in virtual time, all from one plan.
 *
 * 1. Everything that happens follows from the plan and its seed: run twice, a world is the same.
 * 2. Nothing waits for a real clock.
 * 3. The first rule that is broken ends the world.
 *
 * @module
 */

import { DEFAULTS } from '../../src/controller/context.ts';
import { newHead } from '../../src/controller/heads.ts';
import { rerun } from '../../src/controller/rerun.ts';
import { resume } from '../../src/controller/resume.ts';
import type { RunId } from '../../src/model/ids.ts';
import { isTerminal as isRunTerminal, type Run, type RunInfo } from '../../src/model/run.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { CacheParty } from '../../src/ports/cache.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Timer } from '../../src/ports/tasks.ts';
import { createMemoryStorage, type MemoryStorage } from '../conformance/memory.ts';
import { Agenda } from './agenda.ts';
import { type Engine, type EvaluatorMaker, openEngine, type Ports, type SimulatedEvaluator } from './engine.ts';
import { VirtualJobs } from './jobs.ts';
import { type MirroredRun, mirrorRun, timerKey } from './mirror.ts';
import { readerOf } from './plain-evaluator.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { type CallFate, Crash, Hiccup, Life } from './processes.ts';
import { PLAIN_COMPONENT } from './program.ts';
import { Queue, show } from './queue.ts';
import { roll } from './random.ts';
import { checkFirstLaunch, checkLaunch } from './rules.ts';
import { infoOf, runIdOf } from './submission.ts';
import { endedByItself, judge, judgeStatusCallbacks } from './verdict.ts';
import { demand, Violation } from './violation.ts';
import { partyKey, Tally, watchCache, watchTasks } from './watch.ts';

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

interface Process {
  readonly life: Life;
  readonly engine: Engine;
  readonly skew: number;
  /** It hung in a call, and the queue has given up on it. */
  stale: boolean;
  /** Batches that it handles. */
  active: number;
  /** Calls that hang. */
  hanging: number;
}

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
  readonly #plans: Map<number, RunPlan>;
  readonly #evaluators: SimulatedEvaluator[] = [];
  readonly #disturbed = new Set<string>();
  /** Runs that were resumed or repeated: once is enough. */
  readonly #followed = new Set<RunId>();
  readonly #agenda = new Agenda();
  /** Who gave a lease back. */
  readonly #released = new Set<string>();
  readonly #processes: Process[] = [];
  readonly #handling = new Map<RunId, Handling>();
  readonly #turnstiles: Turnstile[] = [];
  #tally = new Tally();
  /** Resumes and reruns under way. */
  #restarting = 0;
  #acts = 0;
  #now = EPOCH;
  #calls = 0;
  #batches = 0;
  #born = 0;
  #deaths = 0;
  #violation: Violation | null = null;

  constructor(plan: WorldPlan, options: WorldOptions) {
    this.plan = plan;
    this.#options = options;
    const now = (): number => this.#now;
    const at = (time: number, act: () => void | Promise<void>): void => this.#agenda.add(time, act);
    const rolled = (...labels: readonly (string | number)[]): number => roll(plan.seed, ...labels);
    const trace = (line: () => string): void => this.trace(line);
    this.#plans = new Map(plan.runs.map((one, index) => [index, one]));
    const common = { faults: plan.faults, now, at, roll: rolled, trace };
    this.queue = new Queue({ ...common, handle: (run, batch) => this.#handle(run, batch), disturbed: (transition) => this.#disturb(transition) });
    this.jobs = new VirtualJobs(
      {
        ...common,
        seed: plan.seed,
        send: (transition) => this.queue.send(transition),
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
    if (this.#options.trace === true) this.lines.push(`${((this.#now - EPOCH) / 1000).toFixed(3).padStart(10)}  ${line()}`);
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
      error instanceof Violation ? error : new Violation('nothing throws', error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.trace(() => `VIOLATION ${this.#violation?.message}`);
  }

  describe(run: RunId, component: string): { readonly index: number; readonly component: RunPlan['program']['components'][number] } {
    const index = this.runs.get(run)?.index ?? 0;
    const found = this.planOf(index).program.components.find((one) => one.name === component);
    return { index, component: found ?? { name: component, ...PLAIN_COMPONENT } };
  }

  /** Reruns come behind the runs of the plan and have the program of the run that they repeat. */
  planOf(index: number): RunPlan {
    const plan = this.#plans.get(index);
    if (plan === undefined) throw new RangeError(`no run ${index}`);
    return plan;
  }

  /** Lives until nothing is left to happen, or a rule is broken. */
  async live(): Promise<void> {
    this.plan.runs.forEach((plan, index) => {
      this.#agenda.add(EPOCH + plan.startAt, () => this.#start(index, plan));
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
      demand(isRunTerminal(run.head.status), 'every run ends', () => `${where} is ${run.head.status}, and nothing will move it`);
      await judge({
        plan: this.plan,
        runPlan: this.planOf(run.index),
        run,
        infrastructureBudget: DEFAULTS.infrastructureBudget,
        disturbed: (step, attempt) => this.#disturbed.has(`${run.info.id} ${step.call} ${attempt.number}`),
        read: readerOf(this.storage.objects),
      });
      judgeStatusCallbacks(run.events, run.head.generation > 0);
      if (this.#roll('replayed') < REPLAYED) await this.#replay(run);
    }
    await this.#checkCache();
  }

  /** A fresh evaluator, given the history, asks for the same things. */
  async #replay(run: MirroredRun): Promise<void> {
    const evaluator = this.#evaluator();
    const { id } = run.info;
    const stored = await this.storage.tasks.run(id);
    if (stored === undefined) throw new Violation('runs are kept', id);
    if (run.head.commands === 0 && !endedByItself(run)) return;
    const position = endedByItself(run) ? run.events.length : run.head.position;
    const history = {
      events: async function* (from: number) {
        yield run.events.slice(from);
      },
      signatures: async function* (from: number) {
        yield run.signatures.slice(from);
      },
    };
    const answer = await evaluator.evaluate({ info: stored.info, generation: run.head.generation, position, commands: 0, history, limit: 1_000_000 });
    demand(answer.kind === 'page', 'a fresh replay asks for the same', () => JSON.stringify(answer));
    if (answer.kind !== 'page') return;
    const signatures = answer.commands.map((one) => one.signature);
    const first = signatures.findIndex((signature, n) => signature !== run.signatures[n]);
    const same = first === -1 && signatures.length === run.signatures.length;
    demand(
      same,
      'a fresh replay asks for the same',
      () => `of ${run.signatures.length} commands ${signatures.length}; number ${first}: ${run.signatures[first]} became ${signatures[first]}`,
    );
  }

  /** No lease outlives its holder's run, but for one that a process took and died: whoever wants it finds its run over, and takes it. */
  async #checkCache(): Promise<void> {
    if (this.#deaths > 0 || ['hiccups', 'hangs'].some((fault) => this.stats[fault] !== undefined)) return;
    const keys = new Set([...this.runs.values()].flatMap((run) => [...run.steps.values()].flatMap((step) => step.cacheKey ?? [])));
    for (const key of keys) {
      const lease = await this.storage.cache.lease(key, { run: runIdOf(999_999), call: 0 });
      demand(lease.held, 'cache: no lease outlives its run', () => `${key} is held by ${lease.held ? '' : JSON.stringify(lease.holder)}`);
    }
  }

  #disturb(transition: Transition): void {
    if ('attempt' in transition) this.#disturbed.add(`${transition.run} ${transition.call} ${transition.attempt}`);
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
      const open = [...this.runs.values()].filter((run) => !isRunTerminal(run.head.status)).map((run) => `run ${run.index} is ${run.head.status}`);
      demand(this.#now < EPOCH + HORIZON && this.#acts < MOST_ACTS, 'every world ends', () => `after ${this.#acts} acts: ${open.join(', ')}`);
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
      const isStill = this.#processes.every(({ active, hanging }) => active === 0 || hanging > 0);
      if (this.#turnstiles.length > 0 || (isStill && this.#restarting === 0)) return;
    }
    this.check(() => demand(false, 'handling ends', () => 'a batch is handled and waits for no port'));
  }

  /** Once in a while a call hangs for minutes, its batch is given to another process, and then it goes on. */
  #release(turnstile: Turnstile): void {
    const process = this.#processes.find((one) => one.life.number === turnstile.process);
    const hangs = process !== undefined && !process.stale && !process.life.dead && this.#kind() === false && this.#roll('hang') < 0.01;
    if (!hangs) return turnstile.open();
    this.trace(() => `process ${turnstile.process} hangs in ${turnstile.call}`);
    this.count('hangs');
    process.stale = true;
    process.hanging += 1;
    for (const handling of this.#handling.values()) if (handling.process === process) handling.give_up('failed');
    this.#agenda.add(this.#now + 1000 + Math.floor(this.#roll('how long') * 600_000), () => {
      this.trace(() => `process ${turnstile.process} goes on with ${turnstile.call}`);
      process.hanging -= 1;
      turnstile.open();
    });
  }

  #kind(): boolean {
    return this.#acts > FAULTY_ACTS || this.#deaths > MOST_PROCESS_DEATHS;
  }

  /** A number for something that has no name of its own: the n-th of the world. */
  #roll(what: string): number {
    this.#calls += 1;
    return roll(this.plan.seed, what, this.#calls);
  }

  // --- runs

  async #start(index: number, plan: RunPlan): Promise<void> {
    const info = infoOf(this.plan.seed, index, plan, this.#now);
    await this.#kindPorts().tasks.createRun(info, newHead(info));
    // Whoever submits may die in between: to submit again is the same run, and a sweep begins it.
    if (this.#roll('submission') >= 4 * this.plan.faults.crash) this.queue.send({ kind: 'run.created', run: info.id });
    else {
      this.#agenda.add(this.#now + 2000, async () => {
        await this.#kindPorts().tasks.createRun(info, newHead(info));
        this.queue.send({ kind: 'run.sweep', run: info.id, certain: false });
      });
    }
    if (plan.abortAfter === null) return;
    this.#agenda.add(this.#now + plan.abortAfter, () => this.queue.send({ kind: 'run.abort', run: info.id, reason: 'somebody said so' }));
  }

  /** Ports of somebody to whom nothing happens. */
  #kindPorts(): Ports {
    return this.#ports(new Life(-1, KIND_GATE), 0);
  }

  created({ info, head }: Run): void {
    const index = Number(info.id.slice(-6));
    this.trace(() => `run ${index} is created as ${info.id}`);
    this.runs.set(info.id, mirrorRun(info, index, head));
  }

  /** A run that failed or was aborted is taken up again, as somebody would who waited a little. */
  #follow(run: MirroredRun): void {
    const { afterwards } = this.planOf(run.index);
    if (afterwards === null || run.head.status === 'completed' || this.#followed.has(run.info.id)) return;
    this.#followed.add(run.info.id);
    this.#agenda.add(this.#now + 5000, () => this.#restart(afterwards === 'resume' ? this.#resume(run) : this.#rerun(run)));
  }

  async #resume(run: MirroredRun): Promise<void> {
    const { id } = run.info;
    this.trace(() => `run ${run.index} is resumed`);
    this.count('resumes');
    for (let done = false; !done; ) {
      // Whoever resumes may die, and resumes again.
      const ports = openEngine(this.#ports(this.#life(), 0), this.#evaluator()).ports;
      done = await resume(ports, id).then(
        () => true,
        (error: unknown) => {
          if (error instanceof Crash || error instanceof Hiccup || isExpected(error)) return false;
          throw error;
        },
      );
    }
    this.queue.send({ kind: 'run.sweep', run: id, certain: false });
  }

  async #rerun(source: MirroredRun): Promise<void> {
    const index = this.#plans.size;
    const plan = { ...this.planOf(source.index), abortAfter: null };
    this.#plans.set(index, plan);
    const info: Omit<RunInfo, 'number'> = {
      ...infoOf(this.plan.seed, index, plan, this.#now),
      seed: source.info.seed,
      epoch: source.info.epoch,
      rerunOf: source.info.id,
    };
    const names = [...source.steps.values()].map((step) => step.name);
    const from = names[Math.floor(this.#roll('from') * (names.length + 1))];
    this.trace(() => `run ${source.index} is repeated as run ${index}, from ${from ?? 'the start'}`);
    this.count('reruns');
    const ports = openEngine(this.#kindPorts(), this.#evaluator()).ports;
    await rerun(ports, source.info.id, info, { from, sameCode: true });
    this.#followed.add(info.id);
    this.queue.send({ kind: 'run.sweep', run: info.id, certain: false });
  }

  committed(run: MirroredRun): void {
    this.trace(() => describeHead(run));
    for (const timer of run.timers.values()) this.#arm(run, timer);
    if (!isRunTerminal(run.head.status)) return;
    this.count(`runs ${run.head.status}`);
    this.check(() => this.#checkJobs(run));
    this.#follow(run);
  }

  readonly #armed = new WeakSet<Timer>();

  #arm(run: MirroredRun, timer: Timer): void {
    if (this.#armed.has(timer)) return;
    this.#armed.add(timer);
    this.#agenda.add(Math.max(this.#now, timer.at), () => {
      if (run.timers.get(timerKey(timer)) !== timer) return;
      run.timers.delete(timerKey(timer));
      this.queue.send({ kind: 'timer.fired', run: run.info.id, timer: timer.kind, subject: timer.subject, generation: timer.generation });
    });
  }

  #checkJobs(run: MirroredRun): void {
    const alive = this.jobs.all.filter(
      (job) => job.spec.run === run.info.id && (job.state === 'waiting' || job.state === 'running') && !job.spoken && !job.shared && !job.terminated,
    );
    demand(alive.length === 0, 'an ended run has no live job', () => alive.map((job) => `${job.id} (${job.spec.step})`).join(', '));
  }

  // --- controllers

  #process(): Process {
    const usable = this.#processes.filter((process) => !process.life.dead && !process.stale);
    while (usable.length < this.plan.faults.processes) {
      const born = this.#spawn();
      usable.push(born);
    }
    const chosen = usable[Math.floor(this.#roll('process') * usable.length)];
    if (chosen === undefined) throw new RangeError('no process');
    return chosen;
  }

  #life(): Life {
    const number = this.#born;
    this.#born += 1;
    return new Life(number, {
      fate: (call) => this.#fate(call),
      turn: (process, call) =>
        this.plan.faults.interleave ? new Promise((open) => this.#turnstiles.push({ process, call, open: () => open(undefined) })) : undefined,
      died: (process, call, when) => {
        this.#deaths += 1;
        this.count('crashes');
        this.trace(() => `process ${process} dies ${when} ${call}`);
      },
    });
  }

  #spawn(): Process {
    const life = this.#life();
    const skew = Math.floor((roll(this.plan.seed, 'skew', life.number) - 0.5) * 2 * this.plan.faults.skew);
    const ports = this.#ports(life, skew);
    const process: Process = {
      life,
      engine: openEngine(this.#options.sabotage?.(ports, this) ?? ports, this.#evaluator()),
      skew,
      stale: false,
      active: 0,
      hanging: 0,
    };
    this.#processes.push(process);
    return process;
  }

  #fate(call: string): CallFate {
    if (this.#kind()) return 'nothing';
    const { crash, hiccup } = this.plan.faults;
    const rolled = this.#roll(call);
    if (rolled < crash) return rolled < crash / 2 ? 'crash before' : 'crash after';
    if (rolled < crash + hiccup) this.count('hiccups');
    if (rolled < crash + hiccup) return rolled < crash + hiccup / 2 ? 'hiccup before' : 'hiccup after';
    return 'nothing';
  }

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
      liveness: life.guard('liveness', { alive: async () => true }),
      clock: { now: () => this.#now + skew },
      token: (jobName) => `token of ${jobName}`,
    };
  }

  readonly #watchWorld = {
    runs: this.runs,
    launched: (group: string): boolean => this.jobs.knows(group),
    released: (party: CacheParty): boolean => this.#released.has(partyKey(party)),
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

  /** Time stands still until it is over, or every part of it waits for its turn. */
  #restart(act: Promise<void>): Promise<void> {
    this.#restarting += 1;
    return act.finally(() => {
      this.#restarting -= 1;
    });
  }

  #handle(run: RunId, batch: readonly Transition[]): Promise<'done' | 'failed'> {
    const process = this.#process();
    this.#batches += 1;
    if (roll(this.plan.seed, 'forget', this.#batches) < this.plan.faults.forget) process.engine.ports.evaluator.drop(run);
    this.trace(() => `process ${process.life.number} handles\n${batch.map((transition) => `${' '.repeat(14)}${show(transition)}`).join('\n')}`);
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

  async #attempt(process: Process, run: RunId, batch: readonly Transition[]): Promise<'done' | 'failed'> {
    const tally = new Tally();
    const mirrored = this.runs.get(run);
    for (const group of mirrored?.head.unlaunched ?? []) tally.work += mirrored?.groups.get(group)?.members.length ?? 0;
    if (!this.plan.faults.interleave) this.#tally = tally;
    try {
      await process.engine.controller.handle(run, batch);
      this.count('batches');
      if (!this.plan.faults.interleave) this.check(() => this.#checkCost(tally, batch, mirrored));
      return process.life.dead ? 'failed' : 'done';
    } catch (error) {
      if (this.#violation !== null) return 'failed';
      if (error instanceof Crash || error instanceof Hiccup || isExpected(error) || (process.stale && !(error instanceof Violation))) {
        this.trace(() => `handling failed: ${error instanceof Error ? error.message : String(error)}`);
        return 'failed';
      }
      this.fail(error);
      return 'failed';
    }
  }

  /** Rule 5. A sweep and the end of a run that is cut short look at all open steps: they are not bound by it. */
  #checkCost({ reads, writes, work }: Tally, batch: readonly Transition[], run: MirroredRun | undefined): void {
    if (run === undefined || !endedByItself(run)) return;
    if (batch.some(({ kind, ...rest }) => kind === 'run.sweep' || ('timer' in rest && rest.timer === 'sweep'))) return;
    const bound = 12 + 8 * (batch.length + work);
    demand(
      reads <= bound && writes <= bound,
      '5 constant cost per transition',
      () => `${reads} reads and ${writes} writes for ${batch.length} transitions and ${work} pieces of work`,
    );
  }
}

const KIND_GATE = { fate: (): CallFate => 'nothing', turn: () => undefined, died: () => undefined };

const isExpected = (error: unknown): boolean => error instanceof Error && error.name === 'StaleRunError';

function describeHead({ index, head, steps }: MirroredRun): string {
  const shown = [...steps.values()].map(
    (step) => `${step.name}:${step.status}${step.waiting === 'none' ? '' : `/${step.waiting}`}${step.unmet > 0 ? `(${step.unmet})` : ''}`,
  );
  const counters = `unfinished ${head.unfinished} moving ${head.moving} sleeping ${head.sleeping} failures ${head.failures}`;
  return `run ${index} r${head.revision} ${head.status}, logic ${head.logic}, ${head.position}/${head.events} events, ${head.commands} commands, ${counters}\n${' '.repeat(14)}${shown.join(' ')}`;
}
