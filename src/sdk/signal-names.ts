/**
 * The names of signals in `waitForSignal`. Part of the evaluator's context, too.
 *
 * @module
 */
import { isSignalName } from '../model/signals.ts';
import { SignalNameError } from './errors.ts';

/** @throws SignalNameError */
export function checkedSignalName(name: unknown): string {
  if (typeof name !== 'string' || !isSignalName(name)) throw new SignalNameError(name);
  return name;
}
