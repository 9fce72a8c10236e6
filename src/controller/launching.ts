/**
 * From an open gate to the launch: the pre-execute callback, the cache, the queue.
 *
 * @module
 */
import type { EventOf } from '../model/history.ts';
import type { Step } from '../model/step.ts';
import { afterFailure, backoff, failuresOf, lastAttempt } from './attempts.ts';
import { consultCache } from './caching.ts';
import { end } from './ends.ts';
import { awaitRetry } from './together.ts';
import type { Turn } from './turn.ts';

/** The step's gate is open. */
export async function proceed(turn: Turn, call: number): Promise<void> {
  const step = await turn.known(call);
  if (step.status !== 'pending') return;
  if (!step.preExecuted && turn.declaration(step).callbacks.includes('preExecute')) {
    turn.askCallback(turn.put({ ...step, waitingFor: 'preExecute' }), { kind: 'preExecute', args: step.args });
    return;
  }
  const verdict = await consultCache(turn, step);
  if (verdict.kind === 'hit') {
    if (step.waitingFor === 'lease') turn.clearTimer('lease', call);
    return end(turn, turn.put(verdict.step));
  }
  if (verdict.kind === 'wait') return waitForLease(turn, verdict.step);
  if (step.waitingFor === 'lease') turn.clearTimer('lease', call);
  turn.put({ ...verdict.step, waitingFor: 'none' });
  turn.launch(call);
}

function waitForLease(turn: Turn, step: Step): void {
  const waiting = turn.put({ ...step, waitingFor: 'lease', timerGeneration: step.timerGeneration + 1 });
  turn.setTimer({ kind: 'lease', subject: step.call, generation: waiting.timerGeneration, at: turn.context.clock.now() + turn.context.settings.leaseCheck });
}

/** The last attempt failed: another follows, or the retry callback is asked, or that was it. */
export async function fail(turn: Turn, failed: Step): Promise<void> {
  const { infrastructureBudget } = turn.context.settings;
  switch (afterFailure(failed, turn.declaration(failed), { retries: turn.info.declaration.retryOnFailure, infrastructureBudget })) {
    case 'retry':
      return retry(turn, failed);
    case 'ask':
      turn.askCallback(turn.put({ ...failed, status: 'failed', waitingFor: 'retry' }), {
        kind: 'retry',
        retries: failuresOf(failed).own - 1,
      });
      return;
    case 'end':
      return giveUp(turn, failed);
  }
}

export const giveUp = (turn: Turn, step: Step): Promise<void> =>
  end(turn, turn.put({ ...step, status: 'failed', waitingFor: 'none', error: lastAttempt(step)?.error ?? null }));

/** Failed, and pending again until its backoff is over. */
export function retry(turn: Turn, step: Step): void {
  const failed = step.status === 'failed' ? step : turn.put({ ...step, status: 'failed', waitingFor: 'retry' });
  const waiting = turn.put({ ...failed, status: 'pending', waitingFor: 'backoff', timerGeneration: failed.timerGeneration + 1 });
  awaitRetry(turn, waiting, turn.context.clock.now() + backoff(waiting, turn.declaration(waiting)));
}

/** The call that a callback's event is about, if it still waits for that callback. */
export const awaitsCallback = (step: Step, event: EventOf<'callback'>): boolean => step.waitingFor === event.input.kind;
