/**
 * The host's end of a context's driver: what comes out is believed only after its type is checked.
 *
 * Runs under a guard: even to read a property may run code of the context.
 *
 * @module
 */
import { types } from 'node:util';
import type { Driver } from '../sdk/replay/driver.ts';
import { TamperedContextError } from './errors.ts';

type Method = (...args: readonly (string | number)[]) => unknown;

/** @throws TamperedContextError */
export function checkedDriver(raw: unknown): Driver {
  if (typeof raw !== 'object' || raw === null) throw new TamperedContextError('driver');
  const method = (name: keyof Driver): Method => {
    const member: unknown = Reflect.get(raw, name);
    if (typeof member !== 'function') throw new TamperedContextError('driver');
    // Called as it is, with `undefined` as `this`: the most frequent ones must cost little.
    return member as Method;
  };
  const text = (name: keyof Driver) => {
    const call = method(name);
    return (...args: readonly (string | number)[]): string => {
      const result = call(...args);
      if (typeof result !== 'string') throw new TamperedContextError('text');
      return result;
    };
  };
  const number = (name: keyof Driver) => {
    const call = method(name);
    return (): number => {
      const result = call();
      if (typeof result !== 'number') throw new TamperedContextError('number');
      return result;
    };
  };
  const procedure = (name: keyof Driver) => {
    const call = method(name);
    return (...args: readonly (string | number)[]): void => {
      call(...args);
    };
  };
  const deliver = method('deliver');
  const completed = method('deliverCompleted');
  const allocate = method('allocate');
  return {
    describe: text('describe'),
    start: procedure('start'),
    expect: procedure('expect'),
    deliverCompleted: (at, call, format, value) => completed(at, call, format, value) === true,
    deliver: (event) => deliver(event) === true,
    concludeEvent: procedure('concludeEvent'),
    status: number('status'),
    neededValue: text('neededValue'),
    supplyText: procedure('supplyText'),
    allocate(size) {
      const buffer = allocate(size);
      if (!types.isArrayBuffer(buffer) || buffer.byteLength !== size)
        throw new TamperedContextError('buffer');
      return buffer;
    },
    supplyBytes: procedure('supplyBytes'),
    supplyFile: procedure('supplyFile'),
    rejectTooLarge: procedure('rejectTooLarge'),
    dequeueCommands: text('dequeueCommands'),
    queuedCommandCount: number('queuedCommandCount'),
    missingCommand: text('missingCommand'),
    divergence: text('divergence'),
    state: text('state'),
  };
}

/** Name and message of what a context threw. Runs its code, if its getters are such. */
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
