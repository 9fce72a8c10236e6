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
import { concludeCallback, runCallback } from './callbacks.ts';
import { components, watched } from './component.ts';
import { nameFiles, settleDeep } from './deep.ts';
import { ReplayError, ValueTooLargeError } from './errors.ts';
import { standFor, target } from './lazy.ts';
import { pipelineOf, program, sleepers } from './pipeline.ts';
import { RunView, type StartedRun } from './run-view.ts';
import { calls, clock, ledger, phase, world } from './session.ts';
import { fromRecord, toRecord } from './thrown.ts';
import { uploadsDone } from './uploads.ts';

/** Flags of `status`. */
const DIVERGED = 1;
const NEEDY = 2;
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
  completed(at: number, call: number, format: string, text: string): boolean;
  /** Any other event, as JSON. True if a drain is needed. */
  deliver(event: string): boolean;
  /** The event is over. */
  conclude(): void;
  /** To be asked after a drain. */
  status(): number;
  /** The first outstanding need, as `call:value`; empty if there is none. */
  need(): string;
  supplyText(format: string, text: string): void;
  /** A buffer of this realm for the host to fill; `supplyBytes` says that it has. */
  allocate(size: number): ArrayBuffer;
  supplyBytes(format: string): void;
  supplyFile(name: string): void;
  refuse(size: number, limit: number): void;
  /** New commands, as JSON; at most `limit`. */
  take(limit: number): string;
  /** New commands that are left. */
  waiting(): number;
  /** The signature of the next command on record that the logic has not issued; empty if there is none. */
  missing(): string;
  /** The divergence as JSON; empty if there is none. */
  divergence(): string;
  /** `ended`, `waiting` for something of the history, or `stuck`. */
  state(): string;
}

/** Makes the driver of a pipeline. Called once, by the bundle's entry. */
export function boot(exported: unknown): Driver {
  const pipeline = pipelineOf(exported);
  if (pipeline === undefined) throw new ReplayError('what the bundle exports is no pipeline');
  const { declared, logic } = pipeline;
  let events = 0;
  let ended = false;
  let buffer = new ArrayBuffer(0);
  let view: RunView | undefined;

  const end = (command: Parameters<typeof ledger.issue>[0]): void => {
    ended = true;
    ledger.issue(command);
  };
  const run = async (args: readonly unknown[]): Promise<void> => {
    try {
      const result = nameFiles(await settleDeep(await logic(...args)));
      await uploadsDone();
      end({ kind: 'returned', value: toInline(encode(result)) });
    } catch (error) {
      end({ kind: 'threw', error: toRecord(error) });
    }
  };

  const begin = (at: number): void => {
    ledger.close();
    clock.advance(at);
    events++;
  };
  const callOf = (number: number): Call => {
    const call = calls[number];
    if (call === undefined)
      throw new ReplayError(
        `the history tells of call ${number}, and the logic has made ${calls.length} calls`,
      );
    if (call.ended)
      throw new ReplayError(`the history tells twice of the end of step ${call.step}`);
    if (watched.size > 0) watched.delete(call);
    return call;
  };
  const fail = (number: number, failure: () => unknown): boolean => callOf(number).fail(failure);

  const tell = (event: DeliveredEvent): boolean => {
    switch (event.kind) {
      case 'completed':
        return callOf(event.call).complete(event.values);
      case 'failed':
        return fail(
          event.call,
          () => new StepFailedError(event.step, event.attempts, fromRecord(event.error)),
        );
      case 'skipped':
        return fail(event.call, () => new StepSkippedError(event.step, event.cause));
      case 'aborted':
        return fail(event.call, () => new StepAbortedError(event.step));
      case 'sleepEnded':
        return wake(event.sleep);
      case 'callback':
        if (view === undefined) throw new ReplayError('an event was delivered before the start');
        runCallback(events - 1, event, view);
        return true;
    }
  };

  /** Takes the first need away: it is about to be supplied. */
  const supply = (make: (value: number, call: Call) => unknown): void => {
    const need = world.needs.shift();
    need?.call.supply(need.value, () => make(need.value, need.call));
  };
  const decoded = (format: string, bytes: Uint8Array): unknown => {
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
        defaultQueue: program.defaultQueue ?? null,
      }),
    start(text: string) {
      const started = JSON.parse(text) as StartedRun;
      view = new RunView(started);
      phase.now = 'running';
      void run(argumentsOf(started));
    },
    expect: (signature: string) => ledger.expect(signature),
    completed(at: number, call: number, format: string, text: string) {
      begin(at);
      return callOf(call).completeWith(format === 'cbor' ? 'cbor' : 'json', text);
    },
    deliver(text: string) {
      const event = JSON.parse(text) as DeliveredEvent;
      begin(event.at);
      return tell(event);
    },
    conclude: concludeCallback,
    status() {
      const needy = world.needs.length > 0;
      // Nothing runs any more before the next event: the last call is what it is.
      if (!needy) ledger.close();
      return (
        (ledger.divergence === undefined ? 0 : DIVERGED) |
        (needy ? NEEDY : 0) |
        (ledger.runaway ? RUNAWAY : 0)
      );
    },
    need() {
      const [need] = world.needs;
      return need === undefined ? '' : `${need.call.number}:${need.value}`;
    },
    supplyText: (format: string, text: string) =>
      supply(() => world.decode(format === 'cbor' ? 'cbor' : 'json', text)),
    allocate(size: number) {
      buffer = new ArrayBuffer(size);
      return buffer;
    },
    supplyBytes(format: string) {
      const bytes = new Uint8Array(buffer);
      supply(() => decoded(format, bytes));
    },
    supplyFile: (name: string) =>
      supply((value, call) => {
        const file = new ArtifactFile(name);
        standFor(file, () => target(call, call.several ? value : null));
        return file;
      }),
    refuse: (size: number, limit: number) =>
      supply((_, call) => {
        throw new ValueTooLargeError(call.step, size, limit);
      }),
    take: (limit: number) => ledger.take(limit),
    waiting: () => ledger.waiting,
    missing: () => ledger.missing,
    divergence: () => (ledger.divergence === undefined ? '' : JSON.stringify(ledger.divergence)),
    state() {
      if (ended) return 'ended';
      return world.awaited > 0 || sleepers.size > 0 || watched.size > 0 ? 'waiting' : 'stuck';
    },
  });
}

function wake(number: number): boolean {
  const resolve = sleepers.get(number);
  if (resolve === undefined)
    throw new ReplayError(
      `the history tells of the end of sleep ${number}, which the logic did not begin or which is over`,
    );
  sleepers.delete(number);
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
