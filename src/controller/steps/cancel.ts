/**
 * Cancels steps on behalf of the logic.
 *
 * 1. A cancelled step is complete at once: its attempt is `aborted`, and messages of its job do not
 *    count any more. So the run does not wait for the job to stop.
 * 2. The job is terminated before the commit. If the controller crashes in between, the batch is
 *    handled again, and terminates it again. A job whose first message arrives after the cancel is
 *    terminated then (`job-messages.ts`).
 * 3. A step that is complete stays as it is.
 *
 * @module
 */
import { isTerminalStep, type Step } from '../../model/step.ts';
import { isRefused, lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';
import { abortStep, isLive } from './job-messages.ts';
import { leaveRefusedGroup } from './refused-launches.ts';
import { leaveRetryBatch } from './retry-batches.ts';
import { stopWaitingForLease } from './step-cache.ts';

const REASON = "the pipeline's logic cancelled it";

export async function cancelStep(turn: Turn, call: number): Promise<void> {
  const step = await turn.requireStep(call);
  if (step.cancelled === true) return;
  const cancelled: Step = { ...step, cancelled: true, handled: true };
  // Its job was terminated by a turn that crashed, and reported that first.
  if (step.status === 'aborted') {
    turn.put(cancelled);
    return;
  }
  if (isTerminalStep(step.status) && step.waitingFor !== 'retry') return;
  await stopWaiting(turn, step);
  await stopJob(turn, step);
  await abortStep(turn, { ...cancelled, waitingFor: 'none' }, turn.context.clock.now(), REASON);
}

/** Ends the wait of a step that has no job. */
async function stopWaiting(turn: Turn, step: Step): Promise<void> {
  await stopWaitingForLease(turn, step);
  if (step.waitingFor === 'backoff') await leaveRetryBatch(turn, step);
  if (step.waitingFor === 'lease') turn.clearTimer('lease', step.call);
}

async function stopJob(turn: Turn, step: Step): Promise<void> {
  const attempt = lastAttempt(step);
  if (attempt === undefined || !isLive(step)) return;
  if (isRefused(step)) await leaveRefusedGroup(turn, step);
  await turn.context.jobs.terminate(attempt.job, REASON);
}
