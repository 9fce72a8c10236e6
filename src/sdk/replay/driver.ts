/**
 * Implements `Driver` inside the logic's context (see `driver-interface.ts`).
 *
 * @module
 */

import { encode, toInline } from '../../codec/index.ts';
import type { CommandOf } from '../../model/history.ts';
import { failPendingCallback } from './callbacks.ts';
import { components, openCallsWithCallbacks, pipelineDefaults } from './component.ts';
import {
  type DeliveredEvent,
  DIVERGED,
  type Driver,
  type LogicState,
  QUIET,
  RUNAWAY,
  VALUE_NEEDED,
} from './driver-interface.ts';
import { recordOfThrown } from './error-records.ts';
import { ReplayError } from './errors.ts';
import { EventDelivery } from './event-delivery.ts';
import { awaitNestedLazies, replaceFiles } from './nested-values.ts';
import {
  mainPipeline,
  type Pipeline,
  pendingSleeps,
  pipelineOf,
  programSettings,
} from './pipeline.ts';
import { argumentsByName, currentRun, RunView, type StartedRun } from './run-view.ts';
import { callContext, ledger, phase } from './session.ts';
import { pendingWaits } from './signals.ts';
import { tracedError } from './stack-traces.ts';
import { UnhandledRejections } from './unhandled-rejections.ts';
import { awaitUploads } from './uploads.ts';
import { ValueSupply } from './value-supply.ts';

/** Makes the driver of a pipeline. Called once, by the bundle's entry. */
export function boot(exported: unknown): Driver {
  const pipeline = pipelineOf(exported);
  if (pipeline === undefined) throw new ReplayError('the export of the bundle is not a pipeline');
  mainPipeline.id = pipeline.meta.id;
  pipelineDefaults.retry = pipeline.declared.retry;
  const run = new LogicExecution(pipeline);
  const events = new EventDelivery();
  const values = new ValueSupply(pipeline.declared.deserializer);
  return Object.freeze({
    __proto__: null,
    describe: () =>
      JSON.stringify({
        pipeline: pipeline.declared.raw,
        components: components.map(({ raw }) => raw),
        defaultQueue: programSettings.defaultQueue ?? null,
      }),
    start(text: string) {
      const started = JSON.parse(text) as StartedRun;
      currentRun.view = new RunView(started);
      events.start(currentRun.view);
      phase.current = 'running';
      void run.start(started);
    },
    expect: (signature: string) => ledger.expect(signature),
    deliverCompleted: (at: number, call: number, format: string, text: string) =>
      events.deliverCompleted(at, call, format, text),
    deliver: (event: string) => events.deliver(JSON.parse(event) as DeliveredEvent),
    concludeEvent: failPendingCallback,
    status: () => statusOf(run),
    neededValue: () => values.next,
    supplyText: (format: string, text: string) => values.supplyText(format, text),
    allocate: (size: number) => values.allocate(size),
    supplyBytes: (format: string) => values.supplyBytes(format),
    supplyFile: (name: string) => values.supplyFile(name),
    rejectTooLarge: (size: number, limit: number) => values.rejectTooLarge(size, limit),
    dequeueCommands: (limit: number) => ledger.dequeue(limit),
    queuedCommandCount: () => ledger.queuedCount,
    missingCommand: () => ledger.missingCommand,
    divergence: () => (ledger.divergence === undefined ? '' : JSON.stringify(ledger.divergence)),
    state: () => run.state,
    addUnhandledRejection: (reason: unknown) => run.rejections.add(reason),
    concludeRejections: () => run.concludeRejections(),
    tracedError,
  });
}

/** The execution of the pipeline's function, up to the command with its outcome. */
class LogicExecution {
  readonly rejections = new UnhandledRejections();
  readonly #pipeline: Pipeline;
  #outcome: 'returned' | 'threw' | undefined;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  async start(run: StartedRun): Promise<void> {
    try {
      const returned = await this.#pipeline.logic(...argumentsOf(run));
      const result = replaceFiles(await awaitNestedLazies(returned));
      await awaitUploads();
      this.#finish({ kind: 'returned', value: toInline(encode(result, 'recorded')) });
    } catch (error) {
      this.#finish({ kind: 'threw', error: recordOfThrown(error) });
    }
  }

  get state(): LogicState {
    if (this.#outcome !== undefined) return 'finished';
    return callContext.awaitedCount > 0 ||
      pendingSleeps.size > 0 ||
      pendingWaits.size > 0 ||
      openCallsWithCallbacks.size > 0
      ? 'waiting'
      : 'stuck';
  }

  /** See `QUIET`. The failure of a function that threw is on record already. */
  get isQuiet(): boolean {
    return this.#outcome === 'returned'
      ? callContext.awaitedCount === 0
      : this.#outcome === undefined && this.state === 'stuck';
  }

  /**
   * Issues a command for each step whose failure reached no handler, and for the first other
   * rejection. Logic that is stuck fails with the first rejection.
   */
  concludeRejections(): void {
    const { calls, errors } = this.rejections.take();
    for (const call of calls) ledger.issue({ kind: 'unhandled', call });
    const error = this.#outcome === undefined ? errors.first : errors.other;
    if (error !== undefined) this.#finish({ kind: 'threw', error: recordOfThrown(error.thrown) });
  }

  #finish(command: CommandOf<'returned' | 'threw'>): void {
    this.#outcome = command.kind;
    ledger.issue(command);
  }
}

function statusOf(run: LogicExecution): number {
  const valueNeeded = callContext.neededValues.length > 0;
  // No code runs before the next event, so the last call cannot become awaited any more.
  if (!valueNeeded) ledger.close();
  return (
    (ledger.divergence === undefined ? 0 : DIVERGED) |
    (valueNeeded ? VALUE_NEEDED : run.isQuiet ? QUIET : 0) |
    (ledger.runaway ? RUNAWAY : 0)
  );
}

/**
 * The run's arguments as a list. An omitted parameter is `undefined`, so that its default applies.
 */
function argumentsOf(run: StartedRun): unknown[] {
  const { signature } = run;
  const args = argumentsByName(run);
  if (signature.style === 'object') return [{ ...args }];
  const list = signature.parameters.map((name) => args[name]);
  const rest = signature.rest ? list.pop() : undefined;
  return Array.isArray(rest) ? [...list, ...rest] : list;
}
