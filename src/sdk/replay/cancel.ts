/**
 * `cancel`, `cancelOnAbort` and `timeout` in a pipeline's logic.
 *
 * The completion of a cancelled step is an event, like any other. A step that completes before the
 * cancel is accepted keeps its result.
 *
 * @module
 */
import { type Duration, toMilliseconds } from '../duration.ts';
import { LazyExpectedError } from '../errors.ts';
import type { StopSignal } from '../step/runtime.ts';
import { whenAborted } from '../when-aborted.ts';
import type { Call } from './call.ts';
import { lazyTargetOf } from './lazy.ts';
import { sleep } from './pipeline.ts';
import { calls, requireLogic } from './session.ts';

/** @throws LazyExpectedError */
function callOf(value: unknown, functionName: string): Call {
  const target = typeof value === 'object' && value !== null ? lazyTargetOf(value) : undefined;
  const call = target === undefined ? undefined : calls[target.call];
  if (call === undefined || !isThenable(value)) throw new LazyExpectedError(functionName);
  return call;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value;

/**
 * Cancels the step of a Lazy. It has no effect on a step that is complete.
 *
 * @throws LazyExpectedError, OutsideLogicError
 */
export function cancel(lazy: unknown): void {
  requireLogic('cancel');
  callOf(lazy, 'cancel').cancel(undefined);
}

/**
 * Cancels the step of a Lazy when the signal is aborted, at once if it is already. Returns the Lazy.
 *
 * @throws LazyExpectedError, OutsideLogicError
 */
export function cancelOnAbort<L>(lazy: L, signal: StopSignal): L {
  requireLogic('cancelOnAbort');
  const call = callOf(lazy, 'cancelOnAbort');
  whenAborted(signal, () => call.cancel(undefined));
  return lazy;
}

const EXPIRED = Symbol('expired');

/**
 * The value of a Lazy. Cancels its step if it is not complete in time.
 *
 * @throws StepCancelledError, LazyExpectedError, DurationError, OutsideLogicError
 */
export async function timeout(lazy: unknown, duration: Duration): Promise<unknown> {
  requireLogic('timeout');
  const call = callOf(lazy, 'timeout');
  const durationMs = toMilliseconds(duration);
  if (call.settled) return await lazy;
  const expired = sleep(durationMs).then(() => EXPIRED);
  const first = await Promise.race([lazy, expired]);
  if (first !== EXPIRED) return first;
  call.cancel(durationMs);
  return await lazy;
}
