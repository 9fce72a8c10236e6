/**
 * Handles the batches of the queue: each by one of the controllers that share the work.
 *
 * 1. A batch fails if its process crashes or a call of a port fails. The queue then delivers it
 *    again.
 * 2. Any other error of a controller is a violation.
 * 3. The cost of a batch is checked where batches do not interleave.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { MirroredRun } from './mirror.ts';
import type { WorldPlan } from './plan.ts';
import type { ProcessPool, SimulatedProcess } from './pool.ts';
import { Hiccup, isExpectedFailure } from './processes.ts';
import { type BatchOutcome, showTransition } from './queue.ts';
import { roll } from './random.ts';
import { CostTally, checkCost } from './run-rules.ts';
import { Violation } from './violation.ts';

export interface BatchHandlerContext {
  readonly plan: WorldPlan;
  readonly pool: ProcessPool;
  readonly runs: ReadonlyMap<RunId, MirroredRun>;
  trace(line: () => string): void;
  count(what: string): void;
  check(act: () => void): void;
  fail(error: unknown): void;
  hasViolation(): boolean;
}

interface Handling {
  readonly process: SimulatedProcess;
  readonly giveUp: (outcome: BatchOutcome) => void;
}

export class BatchHandler {
  readonly #context: BatchHandlerContext;
  readonly #handlings = new Map<RunId, Handling>();
  #batchCount = 0;
  #tally = new CostTally();

  constructor(context: BatchHandlerContext) {
    this.#context = context;
  }

  /** The cost of the batch that is being handled. */
  get tally(): CostTally {
    return this.#tally;
  }

  handle(run: RunId, batch: readonly Transition[], isRepeated: boolean): Promise<BatchOutcome> {
    const { plan, pool, trace } = this.#context;
    const process = pool.choose();
    this.#batchCount += 1;
    if (roll(plan.seed, 'forget', this.#batchCount) < plan.faults.forget)
      process.engine.ports.evaluator.drop(run);
    trace(
      () =>
        `process ${process.life.number} handles\n${batch.map((transition) => `${' '.repeat(14)}${showTransition(transition)}`).join('\n')}`,
    );
    process.activeBatches += 1;
    const outcome = this.#attempt(process, run, batch, isRepeated).finally(() => {
      process.activeBatches -= 1;
    });
    if (!plan.faults.interleave) return outcome;
    const givenUp = new Promise<BatchOutcome>((resolve) => {
      this.#handlings.set(run, { process, giveUp: resolve });
    });
    return Promise.race([outcome, givenUp]);
  }

  /**
   * Fails the batches of a process that hangs: the queue delivers them again, to other processes.
   */
  giveUp(process: SimulatedProcess): void {
    for (const handling of this.#handlings.values())
      if (handling.process === process) handling.giveUp('failed');
  }

  async #attempt(
    process: SimulatedProcess,
    run: RunId,
    batch: readonly Transition[],
    isRepeated: boolean,
  ): Promise<BatchOutcome> {
    const { plan, runs, trace, count, check, fail, hasViolation } = this.#context;
    const tally = new CostTally();
    const mirrored = runs.get(run);
    for (const group of mirrored?.head.unlaunchedGroups ?? [])
      tally.work += mirrored?.groups.get(group)?.members.length ?? 0;
    if (!plan.faults.interleave) this.#tally = tally;
    try {
      await process.engine.controller.handle(run, batch, { isRepeated });
      count('batches');
      if (!plan.faults.interleave) check(() => checkCost(tally, batch, mirrored));
      return process.life.hasCrashed ? 'failed' : 'done';
    } catch (error) {
      if (hasViolation()) return 'failed';
      if (isExpectedFailure(error) || (process.isReplaced && !(error instanceof Violation)))
        trace(() => `handling failed: ${error instanceof Error ? error.message : String(error)}`);
      else fail(error);
      return error instanceof Hiccup && !process.life.hasCrashed ? 'refused' : 'failed';
    }
  }
}
