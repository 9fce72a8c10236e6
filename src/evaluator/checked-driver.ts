/**
 * The host's side of a context's driver: every method checks the type of the result before it
 * returns it.
 *
 * Code of the context may have replaced any of these methods. Both functions run under a guard,
 * because even reading a property may run code of the context.
 *
 * @module
 */
import { types } from 'node:util';
import type { Driver, LogicState } from '../sdk/replay/driver-interface.ts';
import { TamperedContextError } from './errors.ts';

type Method = (...args: readonly (string | number)[]) => unknown;
type Check<T> = (result: unknown, args: readonly (string | number)[]) => T;

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
const buffer: Check<ArrayBuffer> = (result, [size]) => {
  if (!types.isArrayBuffer(result) || result.byteLength !== size)
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
export function checkedDriver(raw: unknown): Driver {
  if (typeof raw !== 'object' || raw === null) throw new TamperedContextError('driver');
  const checked = <T>(name: keyof Driver, check: Check<T>) => {
    const member: unknown = Reflect.get(raw, name);
    if (typeof member !== 'function') throw new TamperedContextError('driver');
    // Called without `this`, which is cheaper: some methods are called for every event.
    const method = member as Method;
    return (...args: readonly (string | number)[]): T => check(method(...args), args);
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
  };
}

/** The name and message of a value that a context threw. Its getters run code of the context. */
export function readThrown(thrown: unknown): { readonly name: string; readonly message: string } {
  if (typeof thrown !== 'object' || thrown === null)
    return { name: '', message: typeof thrown === 'string' ? thrown : 'a value that is no Error' };
  try {
    const name: unknown = Reflect.get(thrown, 'name');
    const message: unknown = Reflect.get(thrown, 'message');
    return {
      name: typeof name === 'string' ? name : '',
      message: typeof message === 'string' ? message : 'a value that is no Error',
    };
  } catch {
    return { name: '', message: 'an error that cannot be read' };
  }
}
