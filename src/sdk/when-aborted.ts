/**
 * Calls a function when a signal is aborted.
 *
 * @module
 */
import type { StopSignal } from './step/runtime.ts';

/** Calls `act` at once if the signal is already aborted. */
export function whenAborted(signal: StopSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act);
}
