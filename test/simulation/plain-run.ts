/**
 * A program run on plain promises, in memory, without the engine: it is fed the events of a history one at a time, and notes what it asks for.
 *
 * It knows the engine's promises, and not its code: what a call is named, what depends on what, what a callback changes, when a Lazy is looked at.
 *
 * @module
 */

import type { CallbackOutcome, Command, HistoryEvent } from '../../src/model/history.ts';
import type { Ref, Value } from '../../src/model/value.ts';
import {
  type DeclaredComponents,
  declareComponents,
  interpret,
  type Options,
} from './interpret.ts';
import { declarationOf, encoded, failed, recordOf } from './plain-records.ts';
import { type ComponentPlan, PARAMETERS, type Program } from './program.ts';

export interface PlainCall {
  readonly call: number;
  readonly name: string;
  readonly component: ComponentPlan;
  /** Data with `null` where Lazies are, and where they are; a pre-execute callback may change them. */
  args: readonly unknown[];
  refs: readonly Ref[];
  readonly digest: string;
  /** Calls and names that gate it. */
  readonly parents: ReadonlySet<number | string>;
  awaited: boolean;
}

type Settled =
  | { readonly ok: true; readonly values: readonly unknown[] }
  | { readonly ok: false; readonly error: Error };

interface PlainCallState extends PlainCall {
  settled: Settled | undefined;
  readonly settle: ((settled: Settled) => void)[];
  /** Of its long values, those that were asked for, and those that came. */
  readonly requestedValues: Map<number, (() => void)[]>;
  readonly arrivedValues: Set<number>;
}

const LAZY: unique symbol = Symbol('lazy');

interface Marked {
  readonly [LAZY]: { readonly call: PlainCallState; readonly value: number | null };
}

const isLazy = (value: unknown): value is Marked =>
  typeof value === 'object' && value !== null && LAZY in value;

class NamedError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Lets every promise that can move do so. */
export const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class PlainRun {
  readonly calls: PlainCallState[] = [];
  readonly commands: Command[] = [];
  logicState: 'running' | 'returned' | 'threw' = 'running';
  result: unknown = null;
  error: unknown = null;
  sleepCount = 0;

  readonly #program: Program;
  readonly #read: (value: Value) => Promise<unknown>;
  readonly #options = new Map<string, Options>();
  readonly #counts = new Map<string, number>();
  readonly #digests = new Map<string, number>();
  readonly #pendingSleeps = new Map<number, () => void>();
  readonly #declaredComponents: DeclaredComponents;
  /** Values that are stored elsewhere and looked at: they come one at a time, after all else has moved. */
  readonly #pendingReads: (() => void)[] = [];
  #clock: number;
  #fedEvents = 0;

  constructor(program: Program, read: (value: Value) => Promise<unknown>, epoch: number) {
    this.#program = program;
    this.#read = read;
    this.#clock = epoch;
    this.#declaredComponents = declareComponents(program, (plan, options) => {
      this.#options.set(plan.name, options);
      return (...args) => this.#call(plan, options, args);
    });
  }

  /** Runs the function up to where it can go without any event. */
  async start(): Promise<void> {
    this.#main().then(
      (value) => {
        this.logicState = 'returned';
        this.result = value;
        this.commands.push({
          kind: 'returned',
          value: { format: 'json', text: JSON.stringify(value ?? null) },
        });
      },
      (error: unknown) => {
        this.logicState = 'threw';
        this.error = error;
        this.commands.push({ kind: 'threw', error: recordOf(error) });
      },
    );
    await this.#drain();
  }

  async #main(): Promise<unknown> {
    const result = await interpret(this.#program, this.#declaredComponents, {
      sleep: (milliseconds) => {
        this.commands.push({ kind: 'sleep', durationMs: milliseconds });
        const sleep = this.sleepCount;
        this.sleepCount += 1;
        return new Promise<void>((resolve) => this.#pendingSleeps.set(sleep, resolve));
      },
      now: () => this.#clock,
    });
    return this.#resolved(result);
  }

  /** Lazies in the result are awaited, all at once. */
  async #resolved(value: unknown): Promise<unknown> {
    const lazies = lazilyIn(value);
    if (lazies.length === 0) return value;
    const values = new Map<unknown, unknown>();
    await Promise.all(
      lazies
        .map((lazy) => Promise.resolve(lazy))
        .map(async (promise, n) => values.set(lazies[n], await promise)),
    );
    return substituted(value, values);
  }

  /** The next event of the history. */
  async feed(event: HistoryEvent): Promise<void> {
    const number = this.#fedEvents;
    this.#fedEvents += 1;
    this.#clock = Math.max(this.#clock, event.at);
    switch (event.kind) {
      case 'completed':
        this.#settle(event.call, {
          ok: true,
          values: await Promise.all(event.values.map((value) => this.#read(value))),
        });
        break;
      case 'failed':
        this.#settle(event.call, {
          ok: false,
          error: new NamedError('StepFailedError', event.error.message),
        });
        break;
      case 'skipped':
        this.#settle(event.call, {
          ok: false,
          error: new NamedError('StepSkippedError', event.step),
        });
        break;
      case 'aborted':
        this.#settle(event.call, {
          ok: false,
          error: new NamedError('StepAbortedError', event.step),
        });
        break;
      case 'sleepEnded':
        this.#pendingSleeps.get(event.sleep)?.();
        break;
      case 'callback':
        this.commands.push({
          kind: 'outcome',
          event: number,
          outcome: await this.#callback(event),
        });
        break;
    }
    await this.#drain();
  }

  async #drain(): Promise<void> {
    await drained();
    for (
      let need = this.#pendingReads.shift();
      need !== undefined;
      need = this.#pendingReads.shift()
    ) {
      need();
      await drained();
    }
  }

  #settle(number: number, settled: Settled): void {
    const call = this.calls[number];
    if (call === undefined)
      throw new RangeError(`the history ends call ${number}, which was never made`);
    call.settled = settled;
    for (const settle of call.settle) settle(settled);
  }

  #call(component: ComponentPlan, options: Options, given: readonly unknown[]): unknown {
    if (!this.#counts.has(component.name))
      this.commands.push({ kind: 'declare', component: declarationOf(component, options) });
    const refs: Ref[] = [];
    const args = given.map((arg, n) => withoutLazies(arg, [n], refs));
    const count = this.#counts.get(component.name) ?? 0;
    this.#counts.set(component.name, count + 1);
    const call: PlainCallState = {
      call: this.calls.length,
      name: count === 0 ? component.name : `${component.name}_${count}`,
      component,
      args,
      refs,
      digest: this.#digest(component, args, refs),
      parents: new Set([...refs.map((ref) => ref.call), ...this.#explicit(component)]),
      awaited: false,
      settled: undefined,
      settle: [],
      requestedValues: new Map(),
      arrivedValues: new Set(),
    };
    this.calls.push(call);
    this.commands.push({
      kind: 'call',
      component: component.name,
      args: encoded(args, refs),
      digest: call.digest,
      awaited: false,
    });
    if (component.returns === 1) return this.#lazy(call, null, {});
    const several: unknown[] = Array.from({ length: component.returns }, (_, value) =>
      this.#lazy(call, value, {}),
    );
    return this.#lazy(call, null, several);
  }

  /** Work that is equal has an equal digest, wherever it stands: a Lazy counts by its own digest and which of its equals it is. */
  #digest(component: ComponentPlan, args: readonly unknown[], refs: readonly Ref[]): string {
    const of = refs.map((ref) => [ref.path, this.calls[ref.call]?.digest, ref.value]);
    const text = JSON.stringify([component.name, args, of]);
    const occurrence = this.#digests.get(text) ?? 0;
    this.#digests.set(text, occurrence + 1);
    return text;
  }

  #explicit(component: ComponentPlan): (number | string)[] {
    return component.parents.flatMap((name): (number | string)[] => {
      const known = this.calls
        .filter((call) => call.name === name || call.component.name === name)
        .map((call) => call.call);
      return known.length > 0 ? known : [name];
    });
  }

  #lazy<T extends object>(call: PlainCallState, value: number | null, base: T): T & Marked {
    let promise: Promise<unknown> | undefined;
    const result = (): Promise<unknown> => {
      promise ??= new Promise((resolve, reject) => {
        const settle = (settled: Settled): void => {
          if (!settled.ok) return reject(settled.error);
          const indexes =
            value !== null
              ? [value]
              : call.component.returns === 1
                ? [0]
                : settled.values.map((_, index) => index);
          this.#readValues(call, indexes, () =>
            resolve(
              value === null && call.component.returns > 1
                ? settled.values
                : settled.values[indexes[0] ?? 0],
            ),
          );
        };
        if (call.settled === undefined) call.settle.push(settle);
        else settle(call.settled);
      });
      return promise;
    };
    const then = <A, B>(
      ok?: (value: unknown) => A,
      no?: (error: unknown) => B,
    ): Promise<unknown> => {
      // Nothing follows from a look at what is completed.
      if (!call.awaited && call.settled?.ok !== true) this.#markAwaited(call);
      return result().then(ok, no);
    };
    return Object.defineProperty(Object.assign(base, { [LAZY]: { call, value } }), 'then', {
      value: then,
    });
  }

  #markAwaited(call: PlainCallState): void {
    call.awaited = true;
    this.commands.push({ kind: 'await', call: call.call });
  }

  /** Long values do not ride along: each is asked for when first looked at. */
  #readValues(call: PlainCallState, indexes: readonly number[], resolve: () => void): void {
    const missing = call.component.large
      ? indexes.filter((index) => !call.arrivedValues.has(index))
      : [];
    if (missing.length === 0) return resolve();
    for (const index of missing) {
      const arrived = (): void => {
        call.arrivedValues.add(index);
        if (indexes.every((one) => call.arrivedValues.has(one))) resolve();
      };
      const asked = call.requestedValues.get(index);
      if (asked !== undefined) asked.push(arrived);
      else {
        const waiters = [arrived];
        call.requestedValues.set(index, waiters);
        this.#pendingReads.push(() => {
          for (const waiter of waiters) waiter();
        });
      }
    }
  }

  /** Calls the callback as the engine does, and returns what it answered. */
  async #callback({
    call: number,
    component,
    node,
    input,
  }: Extract<HistoryEvent, { kind: 'callback' }>): Promise<CallbackOutcome> {
    const options = this.#options.get(component) ?? {};
    const call = this.calls[number];
    const pipeline = {};
    try {
      switch (input.kind) {
        case 'preExecute': {
          const data = await this.#read(input.args.data);
          const params = Object.fromEntries(
            PARAMETERS.map((name, n) => [name, Array.isArray(data) ? data[n] : undefined]),
          );
          const a = params.a;
          const answer = invoke(options.preExecuteCallback, pipeline, node, params);
          if (call !== undefined && params.a !== a) {
            call.args = [params.a, ...call.args.slice(1)];
            call.refs = call.refs.filter((ref) => ref.path[0] !== 0);
            return {
              kind: 'preExecute',
              launch: answer !== false,
              args: encoded(call.args, call.refs),
            };
          }
          return { kind: 'preExecute', launch: answer !== false };
        }
        case 'postExecute':
          invoke(options.postExecuteCallback, pipeline, node);
          return { kind: 'postExecute' };
        case 'statusChange':
          invoke(options.statusChangeCallback, pipeline, node, input.previousStatus);
          return { kind: 'statusChange' };
        case 'retry':
          return {
            kind: 'retry',
            retry: invoke(options.retryOnFailure, pipeline, node, input.retries) === true,
          };
      }
    } catch (error) {
      return failed(input.kind, recordOf(error));
    }
  }
}

const invoke = (callback: unknown, ...args: readonly unknown[]): unknown =>
  typeof callback === 'function' ? Reflect.apply(callback, undefined, args) : undefined;

function withoutLazies(value: unknown, path: readonly (string | number)[], refs: Ref[]): unknown {
  if (isLazy(value)) {
    const { call, value: index } = value[LAZY];
    refs.push({ path: [...path], call: call.call, value: index });
    return null;
  }
  if (Array.isArray(value)) return value.map((item, n) => withoutLazies(item, [...path, n], refs));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, withoutLazies(item, [...path, key], refs)]),
    );
  return value;
}

function lazilyIn(value: unknown): unknown[] {
  if (isLazy(value)) return [value];
  return Array.isArray(value) ? [...new Set(value.flatMap(lazilyIn))] : [];
}

function substituted(value: unknown, values: ReadonlyMap<unknown, unknown>): unknown {
  if (values.has(value)) return values.get(value);
  return Array.isArray(value) ? value.map((item) => substituted(item, values)) : value;
}
