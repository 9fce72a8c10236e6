/**
 * The watch over code that may never yield: whatever runs under it is ended when its time is up, wherever it is.
 *
 * 1. A thread watches each piece of guarded work (some 50 µs), so that much work shares one watch.
 * 2. Guarded work that is ended leaves its context in a state that nobody may use.
 *
 * @module
 */
import { types } from 'node:util';
import vm from 'node:vm';
import { LogicTimeoutError } from './errors.ts';

/** Runs work that may have to be ended: by whom, and how, is its affair. */
export type Watch = <T>(timeoutMs: number, work: () => T) => T;

interface Sandbox {
  work: (() => void) | undefined;
}

let sandbox: Sandbox | undefined;
let context: vm.Context | undefined;
const script = new vm.Script('work()');

/** Runs `work` and returns what it returns. `timeoutMs` is Infinity for work that is known to end: it is not watched. @throws LogicTimeoutError */
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

/** Asked without running any code of a context: what was thrown may be a context's. */
const isTimeout = (error: unknown): boolean =>
  types.isNativeError(error) &&
  Object.getOwnPropertyDescriptor(error, 'code')?.value === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
