/**
 * The host's side of a context's driver: every method checks the type of the result before it
 * returns it.
 *
 * Code of the context may have replaced any of these methods. All of this runs under a guard,
 * because even reading a property may run code of the context. The host reads none itself, and
 * calls nothing of the bundle directly (`context-prelude.ts`).
 *
 * @module
 */
import { types } from 'node:util';
import type { Driver, LogicState } from '../sdk/replay/driver-interface.ts';
import type { ContextMethod, ContextPrelude } from './context-prelude.ts';
import { TamperedContextError } from './errors.ts';

type Check<T> = (result: unknown, firstArgument: unknown) => T;

const LOGIC_STATES: readonly unknown[] = [
  'finished',
  'waiting',
  'stuck',
] satisfies readonly LogicState[];
const isLogicState = (value: unknown): value is LogicState => LOGIC_STATES.includes(value);

const nothing: Check<void> = () => undefined;
const boolean: Check<boolean> = (result) => result === true;
const text: Check<string> = (result) => {
  if (typeof result !== 'string') throw new TamperedContextError('text');
  return result;
};
const number: Check<number> = (result) => {
  if (typeof result !== 'number') throw new TamperedContextError('number');
  return result;
};
/** The size of a buffer of any realm. The context may define other properties of this name. */
const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get;
const buffer: Check<ArrayBuffer> = (result, size) => {
  if (!types.isArrayBuffer(result) || byteLength?.call(result) !== size)
    throw new TamperedContextError('buffer');
  return result;
};
const state: Check<LogicState> = (result) => {
  if (!isLogicState(result)) throw new TamperedContextError('state');
  return result;
};

/**
 * @throws TamperedContextError if `raw` is not a driver; each method throws it for a result of the
 * wrong type
 */
export function checkedDriver(raw: unknown, prelude: ContextPrelude): Driver {
  if (typeof raw !== 'object' || raw === null) throw new TamperedContextError('driver');
  const checked = <T>(name: keyof Driver, check: Check<T>): ContextMethod<T> => {
    const method = prelude.methodOf(raw, name);
    if (method === undefined) throw new TamperedContextError('driver');
    return (a, b, c, d) => check(method(a, b, c, d), a);
  };
  /** Missing in bundles of earlier versions, whose status is never `QUIET`. */
  const optional = (name: keyof Driver): ContextMethod<void> => {
    const method = prelude.methodOf(raw, name);
    return (a) => void method?.(a);
  };
  return {
    describe: checked('describe', text),
    start: checked('start', nothing),
    expect: checked('expect', nothing),
    deliverCompleted: checked('deliverCompleted', boolean),
    deliver: checked('deliver', boolean),
    concludeEvent: checked('concludeEvent', nothing),
    status: checked('status', number),
    neededValue: checked('neededValue', text),
    supplyText: checked('supplyText', nothing),
    allocate: checked('allocate', buffer),
    supplyBytes: checked('supplyBytes', nothing),
    supplyFile: checked('supplyFile', nothing),
    rejectTooLarge: checked('rejectTooLarge', nothing),
    dequeueCommands: checked('dequeueCommands', text),
    queuedCommandCount: checked('queuedCommandCount', number),
    missingCommand: checked('missingCommand', text),
    divergence: checked('divergence', text),
    state: checked('state', state),
    addUnhandledRejection: optional('addUnhandledRejection'),
    concludeRejections: optional('concludeRejections'),
    tracedError: (number) => prelude.methodOf(raw, 'tracedError')?.(number),
  };
}

export interface ThrownText {
  readonly name: string;
  readonly message: string;
}

/** The name and message of a value that a context threw. Its getters run code of the context. */
export function readThrown(thrown: unknown, prelude: ContextPrelude): ThrownText {
  if (typeof thrown !== 'object' || thrown === null)
    return { name: '', message: typeof thrown === 'string' ? thrown : 'a value that is no Error' };
  return {
    name: prelude.textOf(thrown, 'name') ?? '',
    message: prelude.textOf(thrown, 'message') ?? 'a value that is no Error',
  };
}
