/**
 * Stops synchronous code that exceeds its time limit.
 *
 * 1. `node:vm` starts a thread for each guarded piece of work, which costs about 50 µs. Large
 *    pieces of work share one guard.
 * 2. After a timeout, the context is in an undefined state and must not be used.
 *
 * @module
 */
import { types } from 'node:util';
import vm from 'node:vm';
import { LogicTimeoutError } from './errors.ts';

/** Runs `work` under a time limit. An implementation decides how the limit is enforced. */
export type Watch = <T>(timeoutMs: number, work: () => T) => T;

interface Sandbox {
  work: (() => void) | undefined;
}

let sandbox: Sandbox | undefined;
let context: vm.Context | undefined;
const script = new vm.Script('work()');

/**
 * Runs `work` and returns its result. With a `timeoutMs` of Infinity, the work is not guarded.
 *
 * @throws LogicTimeoutError
 */
export function runGuarded<T>(timeoutMs: number, work: () => T): T {
  if (timeoutMs === Number.POSITIVE_INFINITY) return work();
  sandbox ??= { work: undefined };
  context ??= vm.createContext(sandbox);
  const outcome: { value?: T; done: boolean } = { done: false };
  const outerWork = sandbox.work;
  sandbox.work = () => {
    outcome.value = work();
    outcome.done = true;
  };
  try {
    script.runInContext(context, { timeout: timeoutMs });
  } catch (error) {
    throw isTimeout(error) ? new LogicTimeoutError(timeoutMs) : error;
  } finally {
    sandbox.work = outerWork;
  }
  if (!outcome.done) throw new LogicTimeoutError(timeoutMs);
  return outcome.value as T;
}

/** Runs no code of a context, because the thrown value may belong to one. */
const isTimeout = (error: unknown): boolean =>
  types.isNativeError(error) &&
  Object.getOwnPropertyDescriptor(error, 'code')?.value === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
