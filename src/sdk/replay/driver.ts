/**
 * Implements `Driver` inside the logic's context (see `driver-interface.ts`).
 *
 * @module
 */

import { decode, encode, toInline } from '../../codec/index.ts';
import { ArtifactFile } from '../artifact-file.ts';
import { StepAbortedError, StepFailedError, StepSkippedError } from '../errors.ts';
import type { Call } from './call.ts';
import { failPendingCallback, runCallback } from './callbacks.ts';
import { components, openCallsWithCallbacks } from './component.ts';
import {
  type DeliveredEvent,
  DIVERGED,
  type Driver,
  RUNAWAY,
  VALUE_NEEDED,
} from './driver-interface.ts';
import { errorFromRecord, recordOfThrown } from './error-records.ts';
import { ReplayError, ValueTooLargeError } from './errors.ts';
import { registerStandIn, targetOfCall } from './lazy.ts';
import { awaitNestedLazies, replaceFiles } from './nested-values.ts';
import { pendingSleeps, pipelineOf, programSettings } from './pipeline.ts';
import { RunView, type StartedRun } from './run-view.ts';
import { callContext, calls, clock, ledger, phase } from './session.ts';
import { awaitUploads } from './uploads.ts';

/** Makes the driver of a pipeline. Called once, by the bundle's entry. */
export function boot(exported: unknown): Driver {
  const pipeline = pipelineOf(exported);
  if (pipeline === undefined) throw new ReplayError('what the bundle exports is no pipeline');
  const { declared, logic } = pipeline;
  let eventCount = 0;
  let finished = false;
  let buffer = new ArrayBuffer(0);
  let view: RunView | undefined;

  const finish = (command: Parameters<typeof ledger.issue>[0]): void => {
    finished = true;
    ledger.issue(command);
  };
  const runLogic = async (args: readonly unknown[]): Promise<void> => {
    try {
      const result = replaceFiles(await awaitNestedLazies(await logic(...args)));
      await awaitUploads();
      finish({ kind: 'returned', value: toInline(encode(result)) });
    } catch (error) {
      finish({ kind: 'threw', error: recordOfThrown(error) });
    }
  };

  const startEvent = (at: number): void => {
    ledger.close();
    clock.advance(at);
    eventCount++;
  };
  const requireOpenCall = (number: number): Call => {
    const call = calls[number];
    if (call === undefined)
      throw new ReplayError(
        `the history tells of call ${number}, and the logic has made ${calls.length} calls`,
      );
    if (call.settled)
      throw new ReplayError(`the history tells twice of the end of step ${call.step}`);
    if (openCallsWithCallbacks.size > 0) openCallsWithCallbacks.delete(call);
    return call;
  };
  const failCall = (number: number, failure: () => unknown): boolean =>
    requireOpenCall(number).fail(failure);

  const applyEvent = (event: DeliveredEvent): boolean => {
    switch (event.kind) {
      case 'completed':
        return requireOpenCall(event.call).complete(event.values);
      case 'failed':
        return failCall(
          event.call,
          () => new StepFailedError(event.step, event.attempts, errorFromRecord(event.error)),
        );
      case 'skipped':
        return failCall(event.call, () => new StepSkippedError(event.step, event.cause));
      case 'aborted':
        return failCall(event.call, () => new StepAbortedError(event.step));
      case 'sleepEnded':
        return endSleep(event.sleep);
      case 'callback':
        if (view === undefined) throw new ReplayError('an event was delivered before the start');
        runCallback(eventCount - 1, event, view);
        return true;
    }
  };

  /** Takes the first need away: it is about to be supplied. */
  const supplyNext = (make: (value: number, call: Call) => unknown): void => {
    const neededValue = callContext.neededValues.shift();
    neededValue?.call.supplyValue(neededValue.valueIndex, () =>
      make(neededValue.valueIndex, neededValue.call),
    );
  };
  const decodeBytes = (format: string, bytes: Uint8Array): unknown => {
    if (format === 'bytes') return bytes;
    if (format === 'cbor') return decode({ format: 'cbor', bytes });
    if (format !== 'custom') throw new ReplayError(`a value has the unknown form ${format}`);
    const { deserializer } = declared;
    if (deserializer === undefined)
      throw new ReplayError(
        'a value was written by an artifactSerializer, and the pipeline has no artifactDeserializer',
      );
    return deserializer(bytes as never);
  };

  return Object.freeze({
    __proto__: null,
    describe: () =>
      JSON.stringify({
        pipeline: declared.raw,
        components: components.map(({ raw }) => raw),
        defaultQueue: programSettings.defaultQueue ?? null,
      }),
    start(text: string) {
      const started = JSON.parse(text) as StartedRun;
      view = new RunView(started);
      phase.current = 'running';
      void runLogic(argumentsOf(started));
    },
    expect: (signature: string) => ledger.expect(signature),
    deliverCompleted(at: number, call: number, format: string, text: string) {
      startEvent(at);
      return requireOpenCall(call).completeWith(format === 'cbor' ? 'cbor' : 'json', text);
    },
    deliver(text: string) {
      const event = JSON.parse(text) as DeliveredEvent;
      startEvent(event.at);
      return applyEvent(event);
    },
    concludeEvent: failPendingCallback,
    status() {
      const valueNeeded = callContext.neededValues.length > 0;
      // Nothing runs any more before the next event: the last call is what it is.
      if (!valueNeeded) ledger.close();
      return (
        (ledger.divergence === undefined ? 0 : DIVERGED) |
        (valueNeeded ? VALUE_NEEDED : 0) |
        (ledger.runaway ? RUNAWAY : 0)
      );
    },
    neededValue() {
      const [neededValue] = callContext.neededValues;
      return neededValue === undefined
        ? ''
        : `${neededValue.call.number}:${neededValue.valueIndex}`;
    },
    supplyText: (format: string, text: string) =>
      supplyNext(() => callContext.decode(format === 'cbor' ? 'cbor' : 'json', text)),
    allocate(size: number) {
      buffer = new ArrayBuffer(size);
      return buffer;
    },
    supplyBytes(format: string) {
      const bytes = new Uint8Array(buffer);
      supplyNext(() => decodeBytes(format, bytes));
    },
    supplyFile: (name: string) =>
      supplyNext((value, call) => {
        const file = new ArtifactFile(name);
        registerStandIn(file, () => targetOfCall(call, call.hasSeveralValues ? value : null));
        return file;
      }),
    rejectTooLarge: (size: number, limit: number) =>
      supplyNext((_, call) => {
        throw new ValueTooLargeError(call.step, size, limit);
      }),
    dequeueCommands: (limit: number) => ledger.dequeue(limit),
    queuedCommandCount: () => ledger.queuedCount,
    missingCommand: () => ledger.missingCommand,
    divergence: () => (ledger.divergence === undefined ? '' : JSON.stringify(ledger.divergence)),
    state() {
      if (finished) return 'finished';
      return callContext.awaitedCount > 0 ||
        pendingSleeps.size > 0 ||
        openCallsWithCallbacks.size > 0
        ? 'waiting'
        : 'stuck';
    },
  });
}

function endSleep(number: number): boolean {
  const resolve = pendingSleeps.get(number);
  if (resolve === undefined)
    throw new ReplayError(
      `the history tells of the end of sleep ${number}, which the logic did not begin or which is over`,
    );
  pendingSleeps.delete(number);
  resolve();
  return true;
}

/** The run's arguments as the function takes them: a parameter left out is `undefined`, so that its default from the source holds. */
function argumentsOf({ args, signature }: StartedRun): unknown[] {
  if (signature.style === 'object') return [{ ...args }];
  const list = signature.parameters.map((name) => args[name]);
  const rest = signature.rest ? list.pop() : undefined;
  return Array.isArray(rest) ? [...list, ...rest] : list;
}
