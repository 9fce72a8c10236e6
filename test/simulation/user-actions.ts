/**
 * Those who submit runs, ask for their abort, and resume or repeat what failed. They may die on the way, and try again.
 *
 * @module
 */

import { createRerun } from '../../src/controller/restart/rerun.ts';
import { resumeRun } from '../../src/controller/restart/resume.ts';
import { newHead } from '../../src/controller/run/run-head.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { RunInfo } from '../../src/model/run.ts';
import type { Surroundings } from '../../testing/clock/agenda.ts';
import { openEngine, type Ports } from './engine.ts';
import type { MirroredRun } from './mirrored-run.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { isExpectedFailure } from './processes.ts';
import { infoOf } from './submission.ts';

export interface UserActionsContext extends Surroundings {
  readonly plan: WorldPlan;
  /** Ports of somebody to whom nothing happens. */
  reliablePorts(): Ports;
  /** Ports of somebody who may die. */
  faultyPorts(): Ports;
}

export class UserActions {
  readonly #context: UserActionsContext;
  readonly #plans: Map<number, RunPlan>;
  /** Runs that were resumed or repeated: once is enough. */
  readonly #restartedRuns = new Set<RunId>();
  #runningRestarts = 0;

  constructor(world: UserActionsContext) {
    this.#context = world;
    this.#plans = new Map(world.plan.runs.map((one, index) => [index, one]));
  }

  /** Somebody's resume or rerun is under way. */
  get isBusy(): boolean {
    return this.#runningRestarts > 0;
  }

  /** Reruns come behind the runs of the plan and have the program of the run that they repeat. */
  planOf(index: number): RunPlan {
    const plan = this.#plans.get(index);
    if (plan === undefined) throw new RangeError(`no run ${index}`);
    return plan;
  }

  async start(index: number, plan: RunPlan): Promise<void> {
    const world = this.#context;
    const info = infoOf(world.plan.seed, index, plan, world.now());
    await world.reliablePorts().tasks.createRun(info, newHead(info));
    // Whoever submits may die in between: to submit again is the same run, and a sweep begins it.
    if (world.roll('submission') >= 4 * world.plan.faults.crash)
      world.send({ kind: 'run.created', run: info.id });
    else {
      world.at(world.now() + 2000, async () => {
        await world.reliablePorts().tasks.createRun(info, newHead(info));
        world.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
      });
    }
    if (plan.abortAfterMs === null) return;
    world.at(world.now() + plan.abortAfterMs, () =>
      world.send({ kind: 'run.abort', run: info.id, reason: 'somebody said so' }),
    );
  }

  /** A run that failed or was aborted is taken up again, as somebody would who waited a little. */
  restartIfFailed(run: MirroredRun): void {
    const world = this.#context;
    const { afterwards } = this.planOf(run.index);
    if (
      afterwards === null ||
      run.head.status === 'completed' ||
      this.#restartedRuns.has(run.info.id)
    )
      return;
    this.#restartedRuns.add(run.info.id);
    world.at(world.now() + 5000, () =>
      this.#trackRestart(afterwards === 'resume' ? this.#resume(run) : this.#rerun(run)),
    );
  }

  async #resume(run: MirroredRun): Promise<void> {
    const world = this.#context;
    const { id } = run.info;
    world.trace(() => `run ${run.index} is resumed`);
    world.count('resumes');
    for (let done = false; !done; ) {
      // Whoever resumes may die, and resumes again.
      const ports = openEngine(world.faultyPorts(), world.evaluator()).ports;
      done = await resumeRun(ports, id).then(
        () => true,
        (error: unknown) => {
          if (isExpectedFailure(error)) return false;
          throw error;
        },
      );
    }
    world.send({ kind: 'run.sweep', run: id, unknownJobsLost: false });
  }

  async #rerun(source: MirroredRun): Promise<void> {
    const world = this.#context;
    const index = this.#plans.size;
    const plan = { ...this.planOf(source.index), abortAfterMs: null };
    this.#plans.set(index, plan);
    const info: Omit<RunInfo, 'number'> = {
      ...infoOf(world.plan.seed, index, plan, world.now()),
      seed: source.info.seed,
      clockStart: source.info.clockStart,
      rerunOf: source.info.id,
    };
    const names = [...source.steps.values()].map((step) => step.name);
    const from = names[Math.floor(world.roll('from') * (names.length + 1))];
    world.trace(
      () => `run ${source.index} is repeated as run ${index}, from ${from ?? 'the start'}`,
    );
    world.count('reruns');
    const ports = openEngine(world.reliablePorts(), world.evaluator()).ports;
    await createRerun(ports, source.info.id, info, { step: from, sameCode: true });
    this.#restartedRuns.add(info.id);
    world.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
  }

  /** Time stands still until it is over, or every part of it waits for its turn. */
  #trackRestart(act: Promise<void>): Promise<void> {
    this.#runningRestarts += 1;
    return act.finally(() => {
      this.#runningRestarts -= 1;
    });
  }
}
