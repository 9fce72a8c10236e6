/**
 * Implements `Driver` inside the logic's context (see `driver-interface.ts`).
 *
 * @module
 */

import { encode, toInline } from '../../codec/index.ts';
import { failPendingCallback } from './callbacks.ts';
import { components, openCallsWithCallbacks } from './component.ts';
import {
  type DeliveredEvent,
  DIVERGED,
  type Driver,
  type LogicState,
  RUNAWAY,
  VALUE_NEEDED,
} from './driver-interface.ts';
import { recordOfThrown } from './error-records.ts';
import { ReplayError } from './errors.ts';
import { EventDelivery } from './event-delivery.ts';
import { awaitNestedLazies, replaceFiles } from './nested-values.ts';
import { type Pipeline, pendingSleeps, pipelineOf, programSettings } from './pipeline.ts';
import { RunView, type StartedRun } from './run-view.ts';
import { callContext, ledger, phase } from './session.ts';
import { awaitUploads } from './uploads.ts';
import { ValueSupply } from './value-supply.ts';

/** Makes the driver of a pipeline. Called once, by the bundle's entry. */
export function boot(exported: unknown): Driver {
  const pipeline = pipelineOf(exported);
  if (pipeline === undefined) throw new ReplayError('the export of the bundle is not a pipeline');
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
      events.start(new RunView(started));
      phase.current = 'running';
      void run.start(started);
    },
    expect: (signature: string) => ledger.expect(signature),
    deliverCompleted: (at: number, call: number, format: string, text: string) =>
      events.deliverCompleted(at, call, format, text),
    deliver: (event: string) => events.deliver(JSON.parse(event) as DeliveredEvent),
    concludeEvent: failPendingCallback,
    status,
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
  });
}

/** The execution of the pipeline's function, up to the command with its outcome. */
class LogicExecution {
  readonly #pipeline: Pipeline;
  #finished = false;

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
    if (this.#finished) return 'finished';
    return callContext.awaitedCount > 0 || pendingSleeps.size > 0 || openCallsWithCallbacks.size > 0
      ? 'waiting'
      : 'stuck';
  }

  #finish(command: Parameters<typeof ledger.issue>[0]): void {
    this.#finished = true;
    ledger.issue(command);
  }
}

function status(): number {
  const valueNeeded = callContext.neededValues.length > 0;
  // No code runs before the next event, so the last call cannot become awaited any more.
  if (!valueNeeded) ledger.close();
  return (
    (ledger.divergence === undefined ? 0 : DIVERGED) |
    (valueNeeded ? VALUE_NEEDED : 0) |
    (ledger.runaway ? RUNAWAY : 0)
  );
}

/**
 * The run's arguments as a list. An omitted parameter is `undefined`, so that its default applies.
 */
function argumentsOf({ args, signature }: StartedRun): unknown[] {
  if (signature.style === 'object') return [{ ...args }];
  const list = signature.parameters.map((name) => args[name]);
  const rest = signature.rest ? list.pop() : undefined;
  return Array.isArray(rest) ? [...list, ...rest] : list;
}
