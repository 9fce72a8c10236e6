/**
 * Scheduling: from an open gate to the launch (the pre-execute callback, the cache, the lease), and
 * from a failed attempt to its retry.
 *
 * @module
 */
import type { EventOf } from '../../model/history.ts';
import type { Step } from '../../model/step.ts';
import {
  actionAfterFailure,
  backoffMs,
  failuresOf,
  isRefused,
  lastAttempt,
} from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';
import { launchWithinLimit } from './limits.ts';
import { isModelUse, provideModel } from './provided-models.ts';
import { setRetryTimer } from './retry-batches.ts';
import { consultCache } from './step-cache.ts';
import { completeStep } from './step-completion.ts';

/** Launches a step whose gate is open, unless a callback, the cache, a lease or a limit comes first. */
export async function tryLaunch(turn: Turn, call: number): Promise<void> {
  const step = await turn.requireStep(call);
  if (step.status !== 'pending') return;
  if (isModelUse(turn, step)) return provideModel(turn, step);
  if (!step.preExecuted && turn.declaration(step).callbacks.includes('preExecute')) {
    turn.requestCallback(turn.put({ ...step, waitingFor: 'preExecute' }), {
      kind: 'preExecute',
      args: step.args,
    });
    return;
  }
  const decision = await consultCache(turn, step);
  if (decision.kind === 'hit') {
    if (step.waitingFor === 'lease') turn.clearTimer('lease', call);
    return completeStep(turn, turn.put(decision.step));
  }
  if (decision.kind === 'wait') return waitForLease(turn, decision.step);
  if (step.waitingFor === 'lease') turn.clearTimer('lease', call);
  launchWithinLimit(turn, decision.step);
}

function waitForLease(turn: Turn, step: Step): void {
  const waiting = turn.put({
    ...step,
    waitingFor: 'lease',
    timerGeneration: step.timerGeneration + 1,
  });
  turn.setTimer({
    kind: 'lease',
    subject: step.call,
    generation: waiting.timerGeneration,
    at: turn.context.clock.now() + turn.context.settings.leaseCheckIntervalMs,
  });
}

/** Clears the timer that repeats the launch of the step's group, and returns the step. */
export function stopRepeatingLaunch(turn: Turn, step: Step): Step {
  if (isRefused(step)) turn.clearTimer('launch', step.call);
  return step;
}

/**
 * Decides what follows a failed attempt: a retry, the retry callback, or the failure of the step.
 */
export async function handleFailure(turn: Turn, failed: Step): Promise<void> {
  const { infrastructureBudget } = turn.context.settings;
  switch (
    actionAfterFailure(failed, turn.declaration(failed), {
      retries: turn.info.declaration.retryOnFailure,
      infrastructureBudget,
    })
  ) {
    case 'retry':
      return scheduleRetry(turn, failed);
    case 'callback':
      turn.requestCallback(turn.put({ ...failed, status: 'failed', waitingFor: 'retry' }), {
        kind: 'retry',
        retries: failuresOf(failed).ownFailures - 1,
      });
      return;
    case 'fail':
      return failPermanently(turn, failed);
  }
}

export const failPermanently = (turn: Turn, step: Step): Promise<void> =>
  completeStep(
    turn,
    turn.put({
      ...step,
      status: 'failed',
      waitingFor: 'none',
      error: lastAttempt(step)?.error ?? null,
    }),
  );

/** Makes the failed step pending until its backoff is over. */
export function scheduleRetry(turn: Turn, step: Step): void {
  const failed =
    step.status === 'failed' ? step : turn.put({ ...step, status: 'failed', waitingFor: 'retry' });
  const retryAt = turn.context.clock.now() + backoffMs(failed, turn.declaration(failed));
  const waiting = turn.put({
    ...failed,
    status: 'pending',
    waitingFor: 'backoff',
    retryAt,
    timerGeneration: failed.timerGeneration + 1,
  });
  setRetryTimer(turn, waiting, retryAt);
}

/** Whether the step still waits for the callback of this event. */
export const awaitsCallback = (step: Step, event: EventOf<'callback'>): boolean =>
  step.waitingFor === event.input.kind;
