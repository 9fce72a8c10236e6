/**
 * Functions for the logic of a pipeline, in a program: in debug mode the run of this process
 * executes them. The bundle of the logic has implementations of its own.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Duration, MAX_TIMER_MS, toMilliseconds } from './duration.ts';
import { OutsideLogicError } from './errors.ts';
import { type LogicRun, scopes } from './scope.ts';
import { checkedSignalName } from './signal-names.ts';
import type { StopSignal } from './step/runtime.ts';
import { whenAborted } from './when-aborted.ts';

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

/**
 * Cancels the step of a Lazy: its job is terminated, and steps that depend on it are skipped, unless
 * its component has `continueBehaviour: { skipChildrenOnAbort: false }`. It has no effect on a step
 * that is complete. Awaiting a cancelled step throws `StepCancelledError`. A cancelled step does not
 * fail its run.
 *
 * @example
 * ```ts
 * const fits = rates.map((rate) => fit(rate));
 * const best = await Promise.race(fits);
 * for (const other of fits) cancel(other);
 * ```
 *
 * @throws LazyExpectedError, OutsideLogicError
 */
export function cancel(lazy: PromiseLike<unknown>): void {
  logicRun('cancel').cancel(lazy, undefined);
}

/**
 * Cancels the step of a Lazy when the signal is aborted. If it is aborted already, the step is
 * cancelled before it has a job. Returns the Lazy.
 *
 * @example
 * ```ts
 * const stop = new AbortController();
 * const fits = rates.map((rate) => cancelOnAbort(fit(rate), stop.signal));
 * const best = await Promise.race(fits);
 * stop.abort();
 * ```
 *
 * @throws LazyExpectedError, OutsideLogicError
 */
export function cancelOnAbort<L extends PromiseLike<unknown>>(lazy: L, signal: StopSignal): L {
  const run = logicRun('cancelOnAbort');
  run.requireLazy(lazy, 'cancelOnAbort');
  whenAborted(signal, () => run.cancel(lazy, undefined));
  return lazy;
}

/**
 * The value of a Lazy. If its step does not complete within the duration, which counts from this
 * call and includes the time in the queue, the step is cancelled.
 *
 * @throws StepCancelledError, LazyExpectedError, DurationError, OutsideLogicError
 */
export async function timeout<T>(lazy: PromiseLike<T>, duration: Duration): Promise<T> {
  const run = logicRun('timeout');
  const durationMs = toMilliseconds(duration);
  run.requireLazy(lazy, 'timeout');
  const timer = new AbortController();
  const expired = waitUntil(durationMs, timer.signal).then(() => run.cancel(lazy, durationMs));
  // The timer ends by an error when it is stopped.
  expired.catch(() => undefined);
  try {
    return await lazy;
  } finally {
    timer.abort();
  }
}

async function waitUntil(durationMs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= MAX_TIMER_MS)
    await delay(Math.min(leftMs, MAX_TIMER_MS), undefined, { signal });
}
