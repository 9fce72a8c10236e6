/**
 * External evaluators: processes that evaluate the logic of some runs. Each process checks its run,
 * answers, crashes and is replaced, and may answer late.
 *
 * 1. A process reads what the API returns: the records, never the memory of a controller.
 * 2. A process that was replaced sends a wrong answer, which must be ignored.
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
import type { MemoryStorage } from '../conformance/memory.ts';
import type { SimulationContext } from './simulation-context.ts';

export interface ExternalEvaluatorsContext extends SimulationContext {
  readonly storage: MemoryStorage;
  /** The probability that a process crashes before a check. */
  readonly crashRate: number;
}

interface EvaluatorProcess {
  readonly name: string;
  readonly evaluator: Evaluator;
}

const MAX_PAUSE_MS = 20_000;
const PAGE_SIZE = 1000;
/** The wrong answer of a process that was replaced. */
const STALE_ANSWER = {
  kind: 'broken',
  error: { name: 'Error', message: 'sent by a process that was replaced' },
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

  /** An evaluation is under way. */
  get isBusy(): boolean {
    return this.#runningChecks > 0;
  }

  /** Schedules a check of the run, if it is evaluated externally. */
  follow(run: RunId, head: RunHead): void {
    if (
      head.externalEvaluator === undefined ||
      isTerminalRun(head.status) ||
      this.#watched.has(run)
    )
      return;
    this.#watched.add(run);
    const context = this.#context;
    context.at(
      context.now() + 1 + Math.floor(context.roll('outside pause') ** 3 * MAX_PAUSE_MS),
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
    const context = this.#context;
    const run = await context.storage.tasks.run(id);
    this.#watched.delete(id);
    if (run?.head.externalEvaluator === undefined || isTerminalRun(run.head.status)) return;
    const { head } = run;
    const process = await this.#currentProcess(run, run.head.externalEvaluator);
    if (head.externalEvaluator?.process !== process.name) {
      context.trace(() => `external: ${process.name} claims run ${id.slice(-4)}`);
      context.send({
        kind: 'logic.claimed',
        run: id,
        epoch: (head.externalEvaluator?.epoch ?? 0) + 1,
        process: process.name,
      });
    } else if (head.externalEvaluator.answerPending)
      await this.#answer(run, head.externalEvaluator, process);
    this.follow(id, head);
  }

  /** The process that evaluates the run: a new one if the last one crashed. */
  async #currentProcess(run: Run, current: ExternalEvaluator): Promise<EvaluatorProcess> {
    const context = this.#context;
    const { id } = run.info;
    const known = this.#processes.get(id);
    if (known !== undefined && context.roll('outside dies') >= context.crashRate) return known;
    const process = {
      name: `process-${this.#startedProcesses}`,
      evaluator: context.newEvaluator(),
    };
    this.#startedProcesses += 1;
    this.#processes.set(id, process);
    if (known !== undefined) {
      context.count('external evaluator crashes');
      // The late answer of the replaced process, under its own epoch.
      await this.#put(
        run,
        { ...current, epoch: current.epoch - 1, process: known.name },
        STALE_ANSWER,
      );
    }
    return process;
  }

  async #answer(
    run: Run,
    current: ExternalEvaluator,
    { evaluator, name }: EvaluatorProcess,
  ): Promise<void> {
    const context = this.#context;
    const { info, head } = run;
    const answer = await evaluator.evaluate({
      info,
      generation: head.generation,
      position: head.requestedPosition,
      fromCommand: head.commandCount,
      history: this.#history(run),
      limit: 1 + Math.floor(context.roll('outside limit') * PAGE_SIZE),
    });
    context.trace(
      () =>
        `external: ${name} answers run ${info.id.slice(-4)} at ${head.requestedPosition}, ${head.commandCount}: ${answer.kind}`,
    );
    context.count('external answers');
    await this.#put(run, current, answer);
  }

  async #put(
    { info, head }: Run,
    { epoch, process }: ExternalEvaluator,
    answer: Parameters<typeof putAnswer>[3],
  ): Promise<void> {
    const answerKey = {
      epoch,
      process,
      generation: head.generation,
      position: head.requestedPosition,
      fromCommand: head.commandCount,
    };
    await putAnswer(this.#context.storage.objects, info, answerKey, answer);
    this.#context.send({
      kind: 'logic.answered',
      run: info.id,
      subject: JSON.stringify(answerKey),
    });
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
