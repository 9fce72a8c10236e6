/**
 * Processes that evaluate the logic of some runs outside of the engine: each asks what there is to do, answers, dies, is replaced, and may come back late.
 *
 * 1. It knows what the API would show it: the records, never a controller's memory.
 * 2. One that was replaced says something wrong on its way out: nobody may listen to it.
 *
 * @module
 */

import { putAnswer } from '../../src/external-evaluation/answer-store.ts';
import { historyOf } from '../../src/external-evaluation/process/evaluate-externally.ts';
import type { RunId } from '../../src/model/ids.ts';
import {
  type ExternalEvaluator,
  isTerminalRun,
  type Run,
  type RunHead,
} from '../../src/model/run.ts';
import type { Evaluator, HistoryReader } from '../../src/ports/evaluator.ts';
import type { Surroundings } from '../../testing/clock/agenda.ts';
import type { MemoryStorage } from '../conformance/memory.ts';

export interface ExternalEvaluatorsContext extends Surroundings {
  readonly storage: MemoryStorage;
  /** How often a process dies. */
  readonly crashRate: number;
}

interface EvaluatorProcess {
  readonly name: string;
  readonly evaluator: Evaluator;
}

const MAX_PAUSE_MS = 20_000;
const PAGE_SIZE = 1000;
/** The logic as somebody would have it who was replaced. */
const STALE_ANSWER = {
  kind: 'broken',
  error: { name: 'Error', message: 'said by a process that was replaced' },
} as const;

export class ExternalEvaluators {
  readonly #context: ExternalEvaluatorsContext;
  readonly #processes = new Map<RunId, EvaluatorProcess>();
  readonly #watched = new Set<RunId>();
  #startedProcesses = 0;
  #runningChecks = 0;

  constructor(world: ExternalEvaluatorsContext) {
    this.#context = world;
  }

  /** Somebody evaluates. */
  get isBusy(): boolean {
    return this.#runningChecks > 0;
  }

  /** The run is as its head says: there may be something to do. */
  follow(run: RunId, head: RunHead): void {
    if (
      head.externalEvaluator === undefined ||
      isTerminalRun(head.status) ||
      this.#watched.has(run)
    )
      return;
    this.#watched.add(run);
    const world = this.#context;
    world.at(
      world.now() + 1 + Math.floor(world.roll('outside pause') ** 3 * MAX_PAUSE_MS),
      async () => {
        this.#runningChecks += 1;
        try {
          await this.#check(run);
        } finally {
          this.#runningChecks -= 1;
        }
      },
    );
  }

  async #check(id: RunId): Promise<void> {
    const world = this.#context;
    const run = await world.storage.tasks.run(id);
    this.#watched.delete(id);
    if (run?.head.externalEvaluator === undefined || isTerminalRun(run.head.status)) return;
    const { head } = run;
    const process = await this.#currentProcess(run, run.head.externalEvaluator);
    if (head.externalEvaluator?.process !== process.name) {
      world.trace(() => `outside: ${process.name} claims run ${id.slice(-4)}`);
      world.send({
        kind: 'logic.claimed',
        run: id,
        epoch: (head.externalEvaluator?.epoch ?? 0) + 1,
        process: process.name,
      });
    } else if (head.externalEvaluator.answerPending)
      await this.#answer(run, head.externalEvaluator, process);
    this.follow(id, head);
  }

  /** The process that evaluates the run now: another one if that died. */
  async #currentProcess(run: Run, outside: ExternalEvaluator): Promise<EvaluatorProcess> {
    const world = this.#context;
    const { id } = run.info;
    const known = this.#processes.get(id);
    if (known !== undefined && world.roll('outside dies') >= world.crashRate) return known;
    const process = { name: `process-${this.#startedProcesses}`, evaluator: world.evaluator() };
    this.#startedProcesses += 1;
    this.#processes.set(id, process);
    if (known !== undefined) {
      world.count('outside deaths');
      // What it had on its way, under the epoch before the one that follows.
      await this.#put(
        run,
        { ...outside, epoch: outside.epoch - 1, process: known.name },
        STALE_ANSWER,
      );
    }
    return process;
  }

  async #answer(
    run: Run,
    outside: ExternalEvaluator,
    { evaluator, name }: EvaluatorProcess,
  ): Promise<void> {
    const world = this.#context;
    const { info, head } = run;
    const answer = await evaluator.evaluate({
      info,
      generation: head.generation,
      position: head.requestedPosition,
      fromCommand: head.commandCount,
      history: this.#history(run),
      limit: 1 + Math.floor(world.roll('outside limit') * PAGE_SIZE),
    });
    world.trace(
      () =>
        `outside: ${name} answers run ${info.id.slice(-4)} at ${head.requestedPosition}, ${head.commandCount}: ${answer.kind}`,
    );
    world.count('outside answers');
    await this.#put(run, outside, answer);
  }

  async #put(
    { info, head }: Run,
    { epoch, process }: ExternalEvaluator,
    answer: Parameters<typeof putAnswer>[3],
  ): Promise<void> {
    const question = {
      epoch,
      process,
      generation: head.generation,
      position: head.requestedPosition,
      fromCommand: head.commandCount,
    };
    await putAnswer(this.#context.storage.objects, info, question, answer);
    this.#context.send({ kind: 'logic.answered', run: info.id, subject: JSON.stringify(question) });
  }

  #history({ info, head }: Run): HistoryReader {
    const { tasks } = this.#context.storage;
    const source = {
      events: (from: number) => tasks.events(info.id, from, PAGE_SIZE),
      signatures: (from: number) => tasks.signatures(info.id, from, PAGE_SIZE),
    };
    return historyOf(source, { position: head.requestedPosition, fromCommand: head.commandCount });
  }
}
