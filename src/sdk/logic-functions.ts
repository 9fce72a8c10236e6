/**
 * Functions for the logic of a pipeline, in a program: in debug mode the run of this process
 * executes them. The bundle of the logic has implementations of its own.
 *
 * @module
 */
import { OutsideLogicError } from './errors.ts';
import { type LogicRun, scopes } from './scope.ts';
import { checkedSignalName } from './signal-names.ts';

function logicRun(functionName: string): LogicRun {
  const scope = scopes.getStore();
  if (scope?.kind !== 'logic') throw new OutsideLogicError(functionName);
  return scope.run;
}

/**
 * Waits until the run receives a signal with this name, and returns its value (JSON data). The wait
 * needs no process. A signal is sent with `headrace runs signal <run> <name> [json]` or through the
 * API. One that arrives before the wait is kept for it.
 *
 * @example
 * ```ts
 * const approved = await Promise.race([waitForSignal<boolean>('approve'), sleep('1d')]);
 * ```
 *
 * @throws SignalNameError, OutsideLogicError
 */
export async function waitForSignal<T = unknown>(name: string): Promise<T> {
  return (await logicRun('waitForSignal').waitForSignal(checkedSignalName(name))) as T;
}
