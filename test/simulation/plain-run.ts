/**
 * A program that runs on plain promises, in memory, without the engine. It is fed the events of a
 * history one at a time, and records the commands that it issues.
 *
 * It implements the documented behaviour independently of the engine's code: names of calls,
 * dependencies, effects of callbacks, and the await of a Lazy.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { setImmediate as drained } from 'node:timers/promises';
import type { CallbackOutcome, Command, HistoryEvent } from '../../src/model/history.ts';
import type { Ref, Value } from '../../src/model/value.ts';
import {
  type DeclaredComponents,
  declareComponents,
  type Host,
  interpret,
  type Options,
} from './interpret.ts';
import { NamedError, type PlainCallState, type Settled } from './plain-call.ts';
import { failed, invoke, recordOf } from './plain-callbacks.ts';
import { declarationOf } from './plain-declarations.ts';
import {
  callOfLazy,
  encodeArguments,
  LAZY,
  laziesIn,
  type MarkedLazy,
  withoutLazies,
  withValues,
} from './plain-lazies.ts';
import { PlainRejections } from './plain-rejections.ts';
import { PlainSignals } from './plain-signals.ts';
import { readValues, storedPositions } from './plain-stored-values.ts';
import { type ComponentPlan, type Inputs, PARAMETERS, type Program } from './program.ts';

export class PlainRun {
  readonly calls: PlainCallState[] = [];
  readonly commands: Command[] = [];
  logicState: 'running' | 'returned' | 'threw' = 'running';
  result: unknown = null;
  error: unknown = null;
  sleepCount = 0;
  readonly rejections = new PlainRejections();
  readonly #signals = new PlainSignals();

  readonly #program: Program;
  readonly #inputs: Inputs;
  readonly #read: (value: Value) => Promise<unknown>;
  readonly #options = new Map<string, Options>();
  readonly #counts = new Map<string, number>();
  readonly #pendingSleeps = new Map<number, () => void>();
  readonly #declaredComponents: DeclaredComponents;
  /**
   * Requested values of the object store. They arrive one at a time, when no promise can make
   * progress.
   */
  readonly #pendingReads: (() => void)[] = [];
  #clock: number;
  #fedEvents = 0;

  constructor(
    program: Program,
    read: (value: Value) => Promise<unknown>,
    epoch: number,
    inputs: Inputs,
  ) {
    this.#program = program;
    this.#inputs = inputs;
    this.#read = read;
    this.#clock = epoch;
    this.#declaredComponents = declareComponents(program, (plan, options) => {
      this.#options.set(plan.name, options);
      return (...args) => this.#call(plan, options, args);
    });
  }

  /** Runs the function until it waits for an event. */
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
      (error: unknown) => this.#throw(error),
    );
    await this.#drain();
  }

  async #main(): Promise<unknown> {
    const host: Host = {
      sleep: (durationMs) => this.#sleep(durationMs),
      cancel: (lazy) => this.#cancel(lazy),
      timeout: (lazy, durationMs) => this.#timeout(lazy, durationMs),
      waitForSignal: (name) => this.#signals.wait(name, this.#fedEvents, this.commands),
      now: () => this.#clock,
      unobserved: (promise) => this.rejections.watch(promise),
    };
    return this.#resolved(
      await interpret(this.#program, this.#declaredComponents, host, this.#inputs),
    );
  }

  #sleep(durationMs: number): Promise<void> {
    this.commands.push({ kind: 'sleep', durationMs });
    const sleep = this.sleepCount;
    this.sleepCount += 1;
    return new Promise<void>((resolve) => this.#pendingSleeps.set(sleep, resolve));
  }

  #callOf(lazy: unknown): PlainCallState | undefined {
    const number = callOfLazy(lazy);
    return number === undefined ? undefined : this.calls[number];
  }

  #cancel(lazy: unknown): void {
    const call = this.#callOf(lazy);
    if (call === undefined || call.settled !== undefined || call.isCancelled) return;
    call.isCancelled = true;
    this.commands.push({ kind: 'cancel', call: call.call });
  }

  async #timeout(lazy: unknown, durationMs: number): Promise<unknown> {
    if (this.#callOf(lazy)?.settled !== undefined) return await lazy;
    const isOver = Symbol('over');
    const first = await Promise.race([lazy, this.#sleep(durationMs).then(() => isOver)]);
    if (first !== isOver) return first;
    this.#cancel(lazy);
    return await lazy;
  }

  /** Awaits all Lazies in the result. */
  async #resolved(value: unknown): Promise<unknown> {
    const lazies = laziesIn(value);
    if (lazies.length === 0) return value;
    const values = new Map<unknown, unknown>();
    await Promise.all(
      lazies
        .map((lazy) => Promise.resolve(lazy))
        .map(async (promise, n) => values.set(lazies[n], await promise)),
    );
    return withValues(value, values);
  }

  /** Feeds the next event of the history. */
  async feed(event: HistoryEvent): Promise<void> {
    const number = this.#fedEvents;
    this.#fedEvents += 1;
    this.#clock = Math.max(this.#clock, event.at);
    switch (event.kind) {
      case 'completed':
        this.#settle(event.call, {
          ok: true,
          values: await Promise.all(event.values.map((value) => this.#read(value))),
          stored: storedPositions(event.values),
        });
        break;
      case 'failed':
        this.#fail(event.call, new NamedError('StepFailedError', event.error.message), event.step);
        break;
      case 'skipped':
        this.#fail(event.call, new NamedError('StepSkippedError', event.step), event.cause);
        break;
      case 'aborted':
        this.#fail(
          event.call,
          new NamedError(
            this.calls[event.call]?.isCancelled === true
              ? 'StepCancelledError'
              : 'StepAbortedError',
            event.step,
          ),
          event.step,
        );
        break;
      case 'sleepEnded':
        this.#pendingSleeps.get(event.sleep)?.();
        break;
      case 'signal':
        this.#signals.receive(event.name, event.value);
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
      let read = this.#pendingReads.shift();
      read !== undefined;
      read = this.#pendingReads.shift()
    ) {
      read();
      await drained();
    }
    this.#concludeRejections();
  }

  /** A rejection is decided about when the function has returned and awaits no step. */
  #concludeRejections(): void {
    const isWaiting = this.calls.some((call) => call.awaited && call.settled === undefined);
    if (this.logicState !== 'returned' || isWaiting) return;
    const { commands, error } = this.rejections.conclude();
    this.commands.push(...commands);
    if (error !== undefined) this.#throw(new NamedError('UnhandledRejectionError', String(error)));
  }

  #throw(error: unknown): void {
    this.logicState = 'threw';
    this.error = error;
    this.commands.push({ kind: 'threw', error: recordOf(error) });
  }

  /** @param step the step that failed; null if the call was skipped by its callback */
  #fail(call: number, error: Error, step: string | null): void {
    this.rejections.register(error, { call, step });
    this.#settle(call, { ok: false, error, step });
  }

  #settle(number: number, settled: Settled): void {
    const call = this.calls[number];
    if (call === undefined)
      throw new RangeError(`the history completes call ${number}, which was never made`);
    call.settled = settled;
    if (call.awaited) this.#handleFailure(call);
    for (const settle of call.settle) settle(settled);
  }

  #call(component: ComponentPlan, options: Options, values: readonly unknown[]): unknown {
    if (!this.#counts.has(component.name))
      this.commands.push({ kind: 'declare', component: declarationOf(component, options) });
    const refs: Ref[] = [];
    const args = values.map((arg, n) => withoutLazies(arg, [n], refs));
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
      isCancelled: false,
      settled: undefined,
      settle: [],
      requestedValues: new Map(),
      arrivedValues: new Set(),
    };
    this.calls.push(call);
    this.commands.push({
      kind: 'call',
      component: component.name,
      args: encodeArguments(args, refs),
      digest: call.digest,
      awaited: false,
    });
    if (component.returns === 1) return this.#lazy(call, null, {});
    const several: unknown[] = Array.from({ length: component.returns }, (_, value) =>
      this.#lazy(call, value, {}),
    );
    return this.#lazy(call, null, several);
  }

  /** Equal work has an equal digest at any position: a Lazy counts as the digest of its call. */
  #digest(component: ComponentPlan, args: readonly unknown[], refs: readonly Ref[]): string {
    const of = refs.map((ref) => [ref.path, this.calls[ref.call]?.digest, ref.value]);
    // Hashed, because a digest contains those of the call's parents: a text would grow exponentially.
    const text = JSON.stringify([component.name, args, of]);
    return createHash('sha256').update(text).digest('base64');
  }

  #explicit(component: ComponentPlan): (number | string)[] {
    return component.parents.flatMap((name): (number | string)[] => {
      const known = this.calls
        .filter((call) => call.name === name || call.component.name === name)
        .map((call) => call.call);
      return known.length > 0 ? known : [name];
    });
  }

  #lazy<T extends object>(call: PlainCallState, value: number | null, base: T): T & MarkedLazy {
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
          readValues(call, settled.stored, indexes, this.#pendingReads, () =>
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
      onFulfilled?: (value: unknown) => A,
      onRejected?: (error: unknown) => B,
    ): Promise<unknown> => {
      // Awaiting a completed step issues no command.
      if (!call.awaited && call.settled?.ok !== true) this.#markAwaited(call);
      return result().then(onFulfilled, onRejected);
    };
    return Object.defineProperty(Object.assign(base, { [LAZY]: { call, value } }), 'then', {
      value: then,
    });
  }

  #markAwaited(call: PlainCallState): void {
    call.awaited = true;
    this.#handleFailure(call);
    this.commands.push({ kind: 'await', call: call.call });
  }

  #handleFailure({ settled }: PlainCallState): void {
    if (settled?.ok === false && settled.step !== null) this.rejections.handle(settled.step);
  }

  /** Calls the callback as the engine does, and returns its outcome. */
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
          const returned = invoke(options.preExecuteCallback, pipeline, node, params);
          if (call !== undefined && params.a !== a) {
            call.args = [params.a, ...call.args.slice(1)];
            call.refs = call.refs.filter((ref) => ref.path[0] !== 0);
            return {
              kind: 'preExecute',
              launch: returned !== false,
              args: encodeArguments(call.args, call.refs),
            };
          }
          return { kind: 'preExecute', launch: returned !== false };
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
