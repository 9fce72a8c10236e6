/**
 * The actions of users: they submit runs, request aborts, and resume or rerun failed runs. Their
 * processes may crash, and then they try again.
 *
 * @module
 */

import { createRerun } from '../../src/controller/restart/rerun.ts';
import { resumeRun } from '../../src/controller/restart/resume.ts';
import { newHead } from '../../src/controller/run/run-head.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { RunInfo } from '../../src/model/run.ts';
import type { Engine, Ports } from './engine.ts';
import type { MirroredRun } from './mirror.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { isExpectedFailure } from './processes.ts';
import { type Program, SIGNAL_NAMES } from './program.ts';
import type { SimulationContext } from './simulation-context.ts';
import { infoOf } from './submission.ts';

/** Users restart no child runs: a restart of their parents does. */
const CHILD_PLAN: Omit<RunPlan, 'program'> = {
  startAtMs: 0,
  abortAfterMs: null,
  signals: [],
  abortOnFailure: false,
  timeoutSeconds: null,
  noCache: false,
  afterwards: null,
};

const REMINDERS_AFTER_MS = [3_600_000, 10_800_000, 36_000_000];

export interface UserActionsContext extends SimulationContext {
  readonly plan: WorldPlan;
  openEngine(ports: Ports): Engine;
  /** Ports of a process without faults. */
  reliablePorts(): Ports;
  /** Ports of a process that may crash. */
  faultyPorts(): Ports;
}

export class UserActions {
  readonly #context: UserActionsContext;
  readonly #plans: Map<number, RunPlan>;
  /** Runs that were resumed or rerun. Each is restarted once. */
  readonly #restartedRuns = new Set<RunId>();
  #runningRestarts = 0;

  constructor(context: UserActionsContext) {
    this.#context = context;
    this.#plans = new Map(context.plan.runs.map((one, index) => [index, one]));
  }

  /** A resume or rerun is under way. */
  get isBusy(): boolean {
    return this.#runningRestarts > 0;
  }

  /**
   * The plan of a run. Reruns follow the runs of the world's plan, with the program of their
   * source.
   */
  planOf(index: number): RunPlan {
    const plan = this.#plans.get(index);
    if (plan === undefined) throw new RangeError(`the plan has no run ${index}`);
    return plan;
  }

  /** Adds the plan of a child run, which has the program of its call, and returns its index. */
  addChild({ id, args }: Pick<RunInfo, 'id' | 'args'>): number {
    const index = this.#plans.size;
    const program: Program = JSON.parse(JSON.stringify(args.program));
    const plan: RunPlan = { ...CHILD_PLAN, program };
    this.#plans.set(index, plan);
    this.#sendSignals(id, plan);
    return index;
  }

  async start(index: number, plan: RunPlan): Promise<void> {
    const context = this.#context;
    const info = infoOf(context.plan.seed, index, plan, context.now());
    await context.reliablePorts().tasks.createRun(info, newHead(info));
    // The submission may crash here: submitting again finds the same run, and a sweep starts it.
    if (context.roll('submission') >= 4 * context.plan.faults.crash)
      context.send({ kind: 'run.created', run: info.id });
    else {
      context.at(context.now() + 2000, async () => {
        await context.reliablePorts().tasks.createRun(info, newHead(info));
        context.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
      });
    }
    this.#sendSignals(info.id, plan);
    if (plan.abortAfterMs === null) return;
    context.at(context.now() + plan.abortAfterMs, () =>
      context.send({ kind: 'run.abort', run: info.id, reason: 'requested by the plan' }),
    );
  }

  /** Sends the signals of the plan, and each signal again later. */
  #sendSignals(run: RunId, { signals }: Pick<RunPlan, 'signals'>): void {
    const context = this.#context;
    // A wait that lost its race stays pending: the engine cannot know that nothing follows from it,
    // and does not find that such a run is stuck.
    const reminders = SIGNAL_NAMES.flatMap((name) =>
      REMINDERS_AFTER_MS.map((afterMs) => ({ name, afterMs })),
    );
    [...signals, ...reminders].forEach(({ name, afterMs }, n) => {
      context.at(context.now() + afterMs, () =>
        context.send({ kind: 'run.signal', run, id: `signal ${n}`, name, value: String(n) }),
      );
    });
  }

  /** Restarts a failed or aborted run after a while, if its plan requires it. */
  restartIfFailed(run: MirroredRun): void {
    const context = this.#context;
    const { afterwards } = this.planOf(run.index);
    if (
      afterwards === null ||
      run.head.status === 'completed' ||
      this.#restartedRuns.has(run.info.id)
    )
      return;
    this.#restartedRuns.add(run.info.id);
    context.at(context.now() + 5000, () =>
      this.#trackRestart(afterwards === 'resume' ? this.#resume(run) : this.#rerun(run)),
    );
  }

  async #resume(run: MirroredRun): Promise<void> {
    const context = this.#context;
    const { id } = run.info;
    context.trace(() => `run ${run.index} is resumed`);
    context.count('resumes');
    for (let done = false; !done; ) {
      // The process of the resume may crash. Then the resume is repeated.
      const { ports } = context.openEngine(context.faultyPorts());
      done = await resumeRun(ports, id).then(
        () => true,
        (error: unknown) => {
          if (isExpectedFailure(error)) return false;
          throw error;
        },
      );
    }
    context.send({ kind: 'run.sweep', run: id, unknownJobsLost: false });
  }

  async #rerun(source: MirroredRun): Promise<void> {
    const context = this.#context;
    const index = this.#plans.size;
    const plan = { ...this.planOf(source.index), abortAfterMs: null };
    this.#plans.set(index, plan);
    const info: Omit<RunInfo, 'number'> = {
      ...infoOf(context.plan.seed, index, plan, context.now()),
      seed: source.info.seed,
      clockStart: source.info.clockStart,
      rerunOf: source.info.id,
    };
    const names = [...source.steps.values()].map((step) => step.name);
    const from = names[Math.floor(context.roll('from') * (names.length + 1))];
    context.trace(
      () => `run ${source.index} is rerun as run ${index}, from ${from ?? 'the start'}`,
    );
    context.count('reruns');
    const { ports } = context.openEngine(context.reliablePorts());
    await createRerun(ports, source.info.id, info, { step: from, sameCode: true });
    this.#restartedRuns.add(info.id);
    this.#sendSignals(info.id, plan);
    context.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
  }

  /** Virtual time stops while a restart is under way and none of its calls is held. */
  #trackRestart(act: Promise<void>): Promise<void> {
    this.#runningRestarts += 1;
    return act.finally(() => {
      this.#runningRestarts -= 1;
    });
  }
}
