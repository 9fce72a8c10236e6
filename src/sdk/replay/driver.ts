/**
 * What the host holds of the logic: functions that take and give texts and numbers, and nothing else.
 *
 * 1. No object crosses: neither an object of the host into the context nor one of the context to the host, but for a buffer that the host fills.
 * 2. An event is delivered, drained, its needs are supplied with a drain each, and it is concluded, before the next is delivered.
 * 3. What a function here throws is an error of Headrace or of the history, never the user's.
 *
 * @module
 */

import { decode, encode, toInline } from '../../codec/index.ts';
import type { HistoryEvent } from '../../model/history.ts';
import type { InlineValue } from '../../model/value.ts';
import { ArtifactFile } from '../artifact-file.ts';
import { StepAbortedError, StepFailedError, StepSkippedError } from '../errors.ts';
import type { Call } from './call.ts';
import { failPendingCallback, runCallback } from './callbacks.ts';
import { components, openCallsWithCallbacks } from './component.ts';
import { errorFromRecord, recordOfThrown } from './error-records.ts';
import { ReplayError, ValueTooLargeError } from './errors.ts';
import { registerStandIn, targetOfCall } from './lazy.ts';
import { awaitNestedLazies, replaceFiles } from './nested-values.ts';
import { pendingSleeps, pipelineOf, programSettings } from './pipeline.ts';
import { RunView, type StartedRun } from './run-view.ts';
import { callContext, calls, clock, ledger, phase } from './session.ts';
import { awaitUploads } from './uploads.ts';

/** Flags of `status`. */
const DIVERGED = 1;
const VALUE_NEEDED = 2;
const RUNAWAY = 4;

/** Events as the host passes them: of values, the host keeps what is stored elsewhere. */
type DeliveredEvent =
  | Exclude<HistoryEvent, { kind: 'completed' }>
  | {
      readonly at: number;
      readonly kind: 'completed';
      readonly call: number;
      readonly values: readonly (InlineValue | null)[];
    };

export interface Driver {
  /** What the bundle declares, as JSON. */
  describe(): string;
  /** Runs the pipeline's function up to its first await. `run` is a `StartedRun` as JSON. */
  start(run: string): void;
  /** The signature of the next command on record; all of them before `start`. */
  expect(signature: string): void;
  /** A completed call with one small result: the most frequent event. True if a drain is needed. */
  deliverCompleted(at: number, call: number, format: string, text: string): boolean;
  /** Any other event, as JSON. True if a drain is needed. */
  deliver(event: string): boolean;
  /** The event is over. */
  concludeEvent(): void;
  /** To be asked after a drain. */
  status(): number;
  /** The first outstanding need, as `call:value`; empty if there is none. */
  neededValue(): string;
  supplyText(format: string, text: string): void;
  /** A buffer of this realm for the host to fill; `supplyBytes` says that it has. */
  allocate(size: number): ArrayBuffer;
  supplyBytes(format: string): void;
  supplyFile(name: string): void;
  rejectTooLarge(size: number, limit: number): void;
  /** New commands, as JSON; at most `limit`. */
  dequeueCommands(limit: number): string;
  /** New commands that are left. */
  queuedCommandCount(): number;
  /** The signature of the next command on record that the logic has not issued; empty if there is none. */
  missingCommand(): string;
  /** The divergence as JSON; empty if there is none. */
  divergence(): string;
  /** `finished`, `waiting` for something of the history, or `stuck`. */
  state(): string;
}

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
