/**
 * Callbacks of components: events of the history that run the user's function at their recorded place.
 *
 * 1. What a callback throws is its outcome, never the run's end: a pre-execute callback that throws launches, a retry callback does not retry.
 * 2. A callback has until the end of its event; what it awaits must come by itself.
 * 3. Arguments that the callback left alone are not reported: references keep what they refer to.
 *
 * @module
 */
import { decode, encodeArguments, fromInline, placeRefs, toInline } from '../../codec/index.ts';
import type { CallbackOutcome, EventOf } from '../../model/history.ts';
import type { Arguments, Ref } from '../../model/value.ts';
import type { PipelineView } from '../option-types.ts';
import type { Call } from './call.ts';
import { type Component, called } from './component.ts';
import { CallbackPendingError, ParamsError, ReplayError } from './errors.ts';
import { Lazy, lazyOf, standFor, target } from './lazy.ts';
import { calls, ledger } from './session.ts';
import { toRecord } from './thrown.ts';

type CallbackEvent = EventOf<'callback'>;

interface Running {
  readonly number: number;
  readonly kind: CallbackEvent['input']['kind'];
}

/** The callback of the event that is being delivered, until its outcome is known. */
let current: Running | undefined;

/** Calls the function for event number `number`. */
export function runCallback(number: number, event: CallbackEvent, view: PipelineView): void {
  const declared = called.get(event.component);
  if (declared === undefined)
    throw new ReplayError(
      `a callback of component ${event.component} is due, which was never called`,
    );
  const run: Running = { number, kind: event.input.kind };
  current = run;
  try {
    const { returned, answer } = invoke(declared, event, view);
    if (isThenable(returned)) {
      Promise.resolve(returned).then(
        (value) => conclude(run, () => answer(value)),
        (error: unknown) => conclude(run, () => failed(run.kind, error)),
      );
    } else conclude(run, () => answer(returned));
  } catch (error) {
    conclude(run, () => failed(run.kind, error));
  }
}

/** The event is over: a callback that still has not answered has failed. */
export function concludeCallback(): void {
  const pending = current;
  if (pending !== undefined)
    conclude(pending, () => failed(pending.kind, new CallbackPendingError(pending.kind)));
}

function conclude(run: Running, outcome: () => CallbackOutcome): void {
  if (run !== current) return;
  current = undefined;
  let known: CallbackOutcome;
  try {
    known = outcome();
  } catch (error) {
    known = failed(run.kind, error);
  }
  ledger.issue({ kind: 'outcome', event: run.number, outcome: known });
}

function failed(kind: CallbackEvent['input']['kind'], thrown: unknown): CallbackOutcome {
  const error = toRecord(thrown);
  if (kind === 'preExecute') return { kind, launch: true, error };
  return kind === 'retry' ? { kind, retry: false, error } : { kind, error };
}

interface Invoked {
  readonly returned: unknown;
  readonly answer: (returned: unknown) => CallbackOutcome;
}

function invoke(declared: Component, event: CallbackEvent, view: PipelineView): Invoked {
  const { preExecute, postExecute, statusChange, retry } = declared.callbacks;
  const node = freeze(event.node);
  switch (event.input.kind) {
    case 'preExecute': {
      const params = new Params(declared, event.input.args);
      const returned = preExecute?.(view, node, params.byName);
      return { returned, answer: answerOf(event, params) };
    }
    case 'postExecute':
      return { returned: postExecute?.(view, node), answer: answerOf(event, undefined) };
    case 'statusChange':
      return {
        returned: statusChange?.(view, node, event.input.previousStatus),
        answer: answerOf(event, undefined),
      };
    case 'retry':
      return {
        returned: retry?.(view, node, event.input.retries),
        answer: answerOf(event, undefined),
      };
  }
}

function answerOf(
  event: CallbackEvent,
  params: Params | undefined,
): (returned: unknown) => CallbackOutcome {
  const { kind } = event.input;
  return (returned) => {
    if (kind === 'retry') return { kind, retry: Boolean(returned) };
    if (kind !== 'preExecute') return { kind };
    const args = params?.changed();
    return { kind, launch: returned !== false, ...(args === undefined ? {} : { args }) };
  };
}

/** The arguments of a call as an object by parameter name, to be assigned to. */
class Params {
  readonly byName: Record<string, unknown>;
  private readonly before: string;
  private readonly count: number;

  constructor(
    private readonly declared: Component,
    args: Arguments,
  ) {
    const list = listOf(args);
    this.count = list.length;
    const [only] = list;
    if (declared.meta.style === 'object') this.byName = isRecord(only) ? only : {};
    else {
      this.byName = {};
      for (const [index, name] of this.names().entries())
        if (index < list.length) this.byName[name] = list[index];
    }
    this.before = textOf(this.encoded());
  }

  /** The arguments now, if they are not what they were. */
  changed(): Arguments | undefined {
    const now = this.encoded();
    return textOf(now) === this.before ? undefined : now;
  }

  /** Arguments beyond the named ones, of a rest parameter, go by their index. */
  private names(): readonly string[] {
    const { parameters } = this.declared.meta;
    return Array.from(
      { length: Math.max(this.count, parameters.length) },
      (_, index) => parameters[index] ?? String(index),
    );
  }

  private encoded(): Arguments {
    const names = this.declared.meta.style === 'positional' ? this.names() : undefined;
    const args = names === undefined ? [this.byName] : this.positional(names);
    const { data, refs } = encodeArguments(args, finishedOrReference, names);
    return { data: toInline(data), refs: [...refs] };
  }

  private positional(names: readonly string[]): unknown[] {
    const unknown = Object.keys(this.byName).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new ParamsError(
        `params.${unknown} was assigned, and component ${this.declared.raw.name} has no such parameter; it has ${names.join(', ')}`,
      );
    }
    const args = names.map((name) => this.byName[name]);
    while (args.length > this.count && args.at(-1) === undefined) args.pop();
    return args;
  }
}

function listOf({ data, refs }: Arguments): unknown[] {
  if (!('text' in data)) throw new ReplayError('the arguments of a callback were not fetched');
  const list = decode(fromInline(data));
  if (!Array.isArray(list)) throw new ReplayError('the arguments of a callback are no list');
  return placeRefs(
    list,
    refs.map((ref) => ({ path: ref.path, value: referenceTo(ref) })),
  );
}

/** Stands for a result that the callback can move, replace or remove, but not look into. */
function referenceTo(ref: Ref): object {
  const call = calls[ref.call];
  const reference = freeze({ artifact: call?.step ?? `call ${ref.call}`, value: ref.value });
  standFor(reference, () =>
    call === undefined
      ? { call: ref.call, value: ref.value, key: `call ${ref.call}` }
      : target(call, ref.value),
  );
  return reference;
}

/** A Lazy may be put into `params` only if its step is completed: the step that gets it is about to start. */
function finishedOrReference(value: object): ReturnType<typeof lazyOf> {
  const found = lazyOf(value);
  const call: Call | undefined = found === undefined ? undefined : calls[found.call];
  if (
    found === undefined ||
    call === undefined ||
    call.completed ||
    !(value instanceof Lazy || Array.isArray(value))
  )
    return found;
  throw new ParamsError(`the result of step ${call.step} was put into params before it is there`);
}

const textOf = ({ data, refs }: Arguments): string => JSON.stringify([data, refs]);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) freeze(inner);
  return Object.freeze(value);
}
