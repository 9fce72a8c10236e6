/**
 * Handles the second delivery of a message that starts an attempt: the execution of this message is
 * not alive.
 *
 * 1. If no execution reported its start, nothing was executed: a function that is throttled receives
 *    its message later. A new attempt follows. The attempt counts as aborted, which uses no budget.
 * 2. If the job of this message owns the attempt, it ended without a result. The message came behind
 *    all that it sent, so a result that counts is either recorded or in the object store. Without
 *    one, the attempt fails as a failure of the infrastructure.
 * 3. If another job owns the attempt, a group was submitted twice, and this message is the one that
 *    does not count: nothing changes.
 *
 * @module
 */
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import type { TransitionOf } from '../../model/transition.ts';
import { truncate } from '../../model/truncate.ts';
import { reasonToStop } from '../run/stop-reason.ts';
import { completeAttempt, lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';
import { abortStep, hasTokenOf, isLive } from './job-messages.ts';
import { handleFailure, scheduleRetry } from './scheduling.ts';
import { recoverResult } from './stored-result.ts';

export async function onRedelivered(
  turn: Turn,
  message: TransitionOf<'redelivered'>,
): Promise<void> {
  const { call, at } = message;
  const step = await turn.step(call);
  const attempt = step && lastAttempt(step);
  if (step === undefined || attempt === undefined || !isLive(step)) return;
  if (attempt.number !== message.attempt || !hasTokenOf(turn, attempt, message)) return;
  const { status, abortOutcome, abortReason } = turn.head;
  if (status === 'aborting') return abortStep(turn, step, at, reasonToStop(turn));
  if (attempt.owner === undefined) {
    // An abort that was decided ends the step.
    if (abortOutcome !== null || abortReason !== null) return;
    return scheduleRetry(
      turn,
      completeAttempt(step, { status: 'aborted', at, reason: 'its function did not start' }),
    );
  }
  if (attempt.owner !== message.job) return;
  const rejectedResult = await recoverResult(turn, step);
  const current = await turn.requireStep(call);
  if (!isLive(current)) return;
  const reason =
    rejectedResult === undefined
      ? 'its function ended without reporting a result'
      : truncate(`left a result that was rejected: ${rejectedResult}`, MAX_REASON_LENGTH);
  return handleFailure(
    turn,
    completeAttempt(current, {
      status: 'failed',
      at,
      reason,
      error: { name: 'StepCrashedError', message: `step ${step.name}: ${reason}` },
      infrastructure: rejectedResult === undefined ? true : undefined,
    }),
  );
}
