/**
 * The longest time that a step waits in its queue.
 *
 * It is measured from the launch of the attempt, and checked by each sweep. The step then fails
 * with the last known reason, and is not retried: a retry would wait again.
 *
 * @module
 */
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import type { Step } from '../../model/step.ts';
import { truncate } from '../../model/truncate.ts';
import { completeAttempt, isWaitingToStart, lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';
import { failPermanently, stopRepeatingLaunch } from './scheduling.ts';

const queueTimeoutMs = (turn: Turn, step: Step): number => {
  const seconds =
    turn.declaration(step).queueTimeoutSeconds ?? turn.info.declaration.queueTimeoutSeconds;
  return seconds === undefined ? turn.context.settings.queueTimeoutMs : seconds * 1000;
};

export function isQueueTimeoutOver(turn: Turn, step: Step): boolean {
  const attempt = lastAttempt(step);
  return (
    attempt !== undefined &&
    isWaitingToStart(step) &&
    turn.context.clock.now() - attempt.queuedAt > queueTimeoutMs(turn, step)
  );
}

/** Fails a step that waited too long. The caller terminates its job, if it may have one. */
export async function failInQueue(
  turn: Turn,
  step: Step,
  lastReason = lastAttempt(step)?.waiting?.reason ?? 'no reason is known',
): Promise<void> {
  const reason = truncate(
    `did not start within ${queueTimeoutMs(turn, step) / 1000} s in queue ${step.queue} (${lastReason}): remove the cause, or raise queueTimeoutSeconds`,
    MAX_REASON_LENGTH,
  );
  const error = { name: 'QueueTimeoutError', message: `step ${step.name} ${reason}` };
  const at = turn.context.clock.now();
  stopRepeatingLaunch(turn, step);
  await failPermanently(turn, completeAttempt(step, { status: 'failed', at, reason, error }));
}
