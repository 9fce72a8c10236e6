/**
 * An evaluator for the controller's tests. The logic is an async function of this realm, which is
 * replayed from the start for each request.
 *
 * @module
 */
import { toErrorRecord } from '../../../src/model/errors.ts';
import type { CallbackOutcome, Command, HistoryEvent } from '../../../src/model/history.ts';
import {
  type ComponentDeclaration,
  componentDeclarationSchema,
} from '../../../src/model/options.ts';
import type { RunInfo } from '../../../src/model/run.ts';
import type { Ref } from '../../../src/model/value.ts';
import type { EvaluationRequest, Evaluator, LogicAnswer } from '../../../src/ports/evaluator.ts';

export interface Handle extends PromiseLike<unknown> {
  readonly call: number;
}

type CallbackEvent = Extract<HistoryEvent, { kind: 'callback' }>;

export interface Logic {
  /** Calls a component. Handles among the arguments become references. */
  call(component: string, ...args: unknown[]): Handle;
  sleep(durationMs: number): PromiseLike<unknown>;
  waitForSignal(name: string): PromiseLike<unknown>;
  command(command: Command): void;
}

export interface Script {
  readonly components: Readonly<
    Record<
      string,
      Omit<Partial<ComponentDeclaration>, 'continueBehaviour'> & {
        readonly continueBehaviour?: object;
      }
    >
  >;
  readonly main: (logic: Logic, info: RunInfo) => Promise<unknown>;
  readonly callback?: (event: CallbackEvent) => CallbackOutcome;
}

const isHandle = (value: unknown): value is Handle =>
  typeof value === 'object' && value !== null && 'call' in value;
const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function scripted(script: Script): Evaluator {
  return {
    async evaluate(request): Promise<LogicAnswer> {
      const commands = await replay(script, request);
      const page = commands.slice(request.fromCommand, request.fromCommand + request.limit);
      return {
        kind: 'page',
        commands: page.map((command) => ({ command, signature: JSON.stringify(command) })),
        more: commands.length > request.fromCommand + request.limit,
      };
    },
    drop() {
      // There is no state to drop.
    },
  };
}

interface Waiter {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

async function replay(script: Script, request: EvaluationRequest): Promise<Command[]> {
  const commands: Command[] = [];
  const declared = new Set<string>();
  const occurrences = new Map<string, number>();
  const awaited = new Set<number>();
  const waiting = new Map<string, Waiter[]>();
  const settled = new Map<string, (waiter: Waiter) => void>();
  const digests: string[] = [];
  let sleepCount = 0;
  let eventNumber = 0;
  const signals = new Map<string, string[]>();
  const waits = new Map<string, ((value: unknown) => void)[]>();

  const wait = (key: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const settle = settled.get(key);
      if (settle !== undefined) settle({ resolve, reject });
      else waiting.set(key, [...(waiting.get(key) ?? []), { resolve, reject }]);
    });
  const settle = (key: string, apply: (waiter: Waiter) => void): void => {
    settled.set(key, apply);
    for (const waiter of waiting.get(key) ?? []) apply(waiter);
  };

  const logic: Logic = {
    call(component, ...args) {
      if (!declared.has(component)) {
        declared.add(component);
        const options = script.components[component] ?? {};
        commands.push({
          kind: 'declare',
          component: componentDeclarationSchema.parse({
            id: `pipeline.ts#${component}`,
            name: component,
            returnValues: ['return_object'],
            ...options,
          }),
        });
      }
      const refs: Ref[] = [];
      const data = args.map((arg, index) => {
        if (!isHandle(arg)) return arg;
        refs.push({ path: [index], call: arg.call, value: null });
        return null;
      });
      const text = JSON.stringify(data);
      const base = `${component}${text}${refs.map((ref) => digests[ref.call]).join()}`;
      const occurrence = occurrences.get(base) ?? 0;
      occurrences.set(base, occurrence + 1);
      const call = digests.push(`${base}#${occurrence}`) - 1;
      commands.push({
        kind: 'call',
        component,
        args: { data: { format: 'json', text }, refs },
        digest: base,
        awaited: false,
      });
      return {
        call,
        then: (onFulfilled, onRejected) => {
          if (!awaited.has(call)) {
            awaited.add(call);
            commands.push({ kind: 'await', call });
          }
          return wait(`call ${call}`).then(onFulfilled, onRejected);
        },
      };
    },
    sleep(durationMs) {
      commands.push({ kind: 'sleep', durationMs });
      return wait(`sleep ${sleepCount++}`);
    },
    waitForSignal(name) {
      commands.push({ kind: 'waitForSignal', name, position: eventNumber });
      const kept = signals.get(name)?.shift();
      if (kept !== undefined) return Promise.resolve(JSON.parse(kept));
      return new Promise((resolve) => waits.set(name, [...(waits.get(name) ?? []), resolve]));
    },
    command: (command) => commands.push(command),
  };

  void script.main(logic, request.info).then(
    (value) =>
      commands.push({
        kind: 'returned',
        value: { format: 'json', text: JSON.stringify(value ?? null) },
      }),
    (error: unknown) => commands.push({ kind: 'threw', error: toErrorRecord(error) }),
  );
  await drain();
  for await (const page of request.history.events(0)) {
    for (const event of page) {
      if (eventNumber >= request.position) return commands;
      eventNumber += 1;
      deliver(event, eventNumber - 1);
      await drain();
    }
  }
  return commands;

  function deliver(event: HistoryEvent, number: number): void {
    switch (event.kind) {
      case 'completed':
        settle(`call ${event.call}`, ({ resolve }) =>
          resolve(
            event.values.map((value) => ('text' in value ? JSON.parse(value.text) : value))[0],
          ),
        );
        return;
      case 'failed':
        settle(`call ${event.call}`, ({ reject }) =>
          reject(new Error(`${event.step} failed: ${event.error.message}`)),
        );
        return;
      case 'skipped':
      case 'aborted':
        settle(`call ${event.call}`, ({ reject }) =>
          reject(new Error(`${event.step} ${event.kind}`)),
        );
        return;
      case 'sleepEnded':
        settle(`sleep ${event.sleep}`, ({ resolve }) => resolve(undefined));
        return;
      case 'signal': {
        const waiting = waits.get(event.name);
        waits.delete(event.name);
        if (waiting === undefined)
          signals.set(event.name, [...(signals.get(event.name) ?? []), event.value]);
        for (const resolve of waiting ?? []) resolve(JSON.parse(event.value));
        return;
      }
      case 'callback':
        commands.push({
          kind: 'outcome',
          event: number,
          outcome: script.callback?.(event) ?? defaultOutcome(event),
        });
    }
  }
}

function defaultOutcome({ input }: CallbackEvent): CallbackOutcome {
  switch (input.kind) {
    case 'preExecute':
      return { kind: 'preExecute', launch: true };
    case 'retry':
      return { kind: 'retry', retry: false };
    default:
      return { kind: input.kind };
  }
}
