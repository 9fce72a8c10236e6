/**
 * Callbacks of components: events of the history that call the user's function at their recorded
 * position.
 *
 * 1. An error of a callback is its outcome and never ends the run: after a failed pre-execute
 *    callback the step is launched, after a failed retry callback it is not retried.
 * 2. A callback must complete within its event. It may await completed results only.
 * 3. Arguments that the callback did not change are not reported, so that references stay
 *    references.
 *
 * @module
 */
import {
  decode,
  type EncodedArguments,
  encodeArguments,
  fromInline,
  placeRefs,
  toInline,
} from '../../codec/index.ts';
import type { CallbackOutcome, EventOf } from '../../model/history.ts';
import { type Arguments, isStored, type Ref, type Value } from '../../model/value.ts';
import { CallbackPendingError } from '../errors.ts';
import type { PipelineView } from '../option-types.ts';
import type { Call } from './call.ts';
import { type Component, calledComponents } from './component.ts';
import { partsText } from './digest.ts';
import { recordOfThrown } from './error-records.ts';
import { ParamsError, ReplayError } from './errors.ts';
import { Lazy, lazyTargetOf, registerStandIn, targetOfCall } from './lazy.ts';
import { toArguments } from './ledger.ts';
import { calls, ledger } from './session.ts';

type CallbackEvent = EventOf<'callback'>;

interface RunningCallback {
  readonly number: number;
  readonly kind: CallbackEvent['input']['kind'];
}

/** The callback of the event that is being delivered, until its outcome is recorded. */
let currentCallback: RunningCallback | undefined;

/** Calls the user's function for the event with this number. */
export function runCallback(number: number, event: CallbackEvent, view: PipelineView): void {
  const declared = calledComponents.get(event.component);
  if (declared === undefined)
    throw new ReplayError(
      `the history contains a callback of component ${event.component}, which was never called`,
    );
  const running: RunningCallback = { number, kind: event.input.kind };
  currentCallback = running;
  try {
    const { returned, toOutcome } = invokeCallback(declared, event, view);
    if (isThenable(returned)) {
      Promise.resolve(returned).then(
        (value) => recordOutcome(running, () => toOutcome(value)),
        (error: unknown) => recordOutcome(running, () => failureOutcome(running.kind, error)),
      );
    } else recordOutcome(running, () => toOutcome(returned));
  } catch (error) {
    recordOutcome(running, () => failureOutcome(running.kind, error));
  }
}

/** Fails the callback if it has not completed by the end of its event. */
export function failPendingCallback(): void {
  const pending = currentCallback;
  if (pending !== undefined)
    recordOutcome(pending, () =>
      failureOutcome(pending.kind, new CallbackPendingError(pending.kind)),
    );
}

function recordOutcome(running: RunningCallback, outcome: () => CallbackOutcome): void {
  if (running !== currentCallback) return;
  currentCallback = undefined;
  let resolved: CallbackOutcome;
  try {
    resolved = outcome();
  } catch (error) {
    resolved = failureOutcome(running.kind, error);
  }
  ledger.issue({ kind: 'outcome', event: running.number, outcome: resolved });
}

function failureOutcome(kind: CallbackEvent['input']['kind'], thrown: unknown): CallbackOutcome {
  const error = recordOfThrown(thrown);
  if (kind === 'preExecute') return { kind, launch: true, error };
  return kind === 'retry' ? { kind, retry: false, error } : { kind, error };
}

interface InvokedCallback {
  readonly returned: unknown;
  readonly toOutcome: (returned: unknown) => CallbackOutcome;
}

function invokeCallback(
  declared: Component,
  event: CallbackEvent,
  view: PipelineView,
): InvokedCallback {
  const { preExecute, postExecute, statusChange, retry } = declared.callbacks;
  const node = freeze(event.node);
  switch (event.input.kind) {
    case 'preExecute': {
      const params = new CallbackParams(declared, event.input.args);
      const returned = preExecute?.(view, node, params.byName);
      return { returned, toOutcome: outcomeMapper(event, params) };
    }
    case 'postExecute':
      return { returned: postExecute?.(view, node), toOutcome: outcomeMapper(event, undefined) };
    case 'statusChange':
      return {
        returned: statusChange?.(view, node, event.input.previousStatus),
        toOutcome: outcomeMapper(event, undefined),
      };
    case 'retry':
      return {
        returned: retry?.(view, node, event.input.retries),
        toOutcome: outcomeMapper(event, undefined),
      };
  }
}

function outcomeMapper(
  event: CallbackEvent,
  params: CallbackParams | undefined,
): (returned: unknown) => CallbackOutcome {
  const { kind } = event.input;
  return (returned) => {
    if (kind === 'retry') return { kind, retry: Boolean(returned) };
    if (kind !== 'preExecute') return { kind };
    const args = params?.changedArguments();
    return { kind, launch: returned !== false, ...(args === undefined ? {} : { args }) };
  };
}

/** The arguments of a call as an object by parameter name, which the callback may change. */
class CallbackParams {
  readonly byName: Record<string, unknown>;
  readonly #declared: Component;
  readonly #originalText: string;
  readonly #argumentCount: number;

  constructor(declared: Component, args: Arguments) {
    this.#declared = declared;
    const list = decodeArgumentList(args);
    this.#argumentCount = list.length;
    const [only] = list;
    if (declared.meta.style === 'object') this.byName = isRecord(only) ? only : {};
    else {
      this.byName = {};
      for (const [index, name] of this.#parameterNames().entries())
        if (index < list.length) this.byName[name] = list[index];
    }
    this.#originalText = contentText(this.#encode());
  }

  /** The current arguments, if the callback has changed them. */
  changedArguments(): Arguments | undefined {
    const current = this.#encode();
    return contentText(current) === this.#originalText ? undefined : toArguments(current);
  }

  /** Arguments of a rest parameter have their index as name. */
  #parameterNames(): readonly string[] {
    const { parameters } = this.#declared.meta;
    return Array.from(
      { length: Math.max(this.#argumentCount, parameters.length) },
      (_, index) => parameters[index] ?? String(index),
    );
  }

  #encode(): EncodedArguments {
    const parameterNames =
      this.#declared.meta.style === 'positional' ? this.#parameterNames() : undefined;
    const args =
      parameterNames === undefined ? [this.byName] : this.#positionalArguments(parameterNames);
    return encodeArguments(args, completedTargetOf, parameterNames);
  }

  #positionalArguments(parameterNames: readonly string[]): unknown[] {
    const unknownName = Object.keys(this.byName).find((name) => !parameterNames.includes(name));
    if (unknownName !== undefined) {
      throw new ParamsError(
        `params.${unknownName} was assigned, and component ${this.#declared.raw.name} has no such parameter; it has ${parameterNames.join(', ')}`,
      );
    }
    const args = parameterNames.map((name) => this.byName[name]);
    while (args.length > this.#argumentCount && args.at(-1) === undefined) args.pop();
    return args;
  }
}

function decodeArgumentList({ data, parts = [], refs }: Arguments): unknown[] {
  const list = decodeLoaded(data);
  if (!Array.isArray(list)) throw new ReplayError('the arguments of a callback are not a list');
  return placeRefs(list, [
    ...parts.map(({ path, value }) => ({ path, value: decodeLoaded(value) })),
    ...refs.map((ref) => ({ path: ref.path, value: referenceTo(ref) })),
  ]);
}

function decodeLoaded(value: Value): unknown {
  if (isStored(value)) throw new ReplayError('the arguments of a callback were not loaded');
  return decode(fromInline(value));
}

/**
 * An object that stands for a result. The callback can move, replace or remove it, but not read it.
 */
function referenceTo(ref: Ref): object {
  const call = calls[ref.call];
  const reference = freeze({ artifact: call?.step ?? `call ${ref.call}`, value: ref.value });
  registerStandIn(reference, () =>
    call === undefined
      ? { call: ref.call, value: ref.value, key: `call ${ref.call}` }
      : targetOfCall(call, ref.value),
  );
  return reference;
}

/**
 * The target of a Lazy. Only a Lazy of a completed step may be assigned to `params`, because the
 * step that receives it is about to start.
 *
 * @throws ParamsError
 */
function completedTargetOf(value: object): ReturnType<typeof lazyTargetOf> {
  const found = lazyTargetOf(value);
  const call: Call | undefined = found === undefined ? undefined : calls[found.call];
  if (
    found === undefined ||
    call === undefined ||
    call.completed ||
    !(value instanceof Lazy || Array.isArray(value))
  )
    return found;
  throw new ParamsError(
    `the result of step ${call.step} was assigned to params before the step has completed`,
  );
}

/** A text that differs if the arguments, or the places of references in them, differ. */
const contentText = ({ data, refs, parts }: EncodedArguments): string =>
  JSON.stringify([toInline(data), refs, partsText(parts)]);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) freeze(inner);
  return Object.freeze(value);
}
