/**
 * Retry batches: members of a fan-out that fail at about the same time are launched again as one
 * group instead of one job each.
 *
 * 1. A retry waits for others at most a quarter of the time since its attempt was queued, and at
 *    most `maxRetryBatchDelayMs`.
 * 2. One retry of a batch has a timer. The others are in the run head (`RunHead.retryBatches`)
 *    until that timer fires. Their number is limited; further retries have timers of their own.
 *
 * @module
 */
import type { RetryBatch, RunHead } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import { lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';

const MAX_BATCH_CALLS = 500;
const MAX_RETRY_BATCHES = 4;
const RETRY_WINDOW_SHARE = 0.25;

/** Sets the timer of a step whose backoff ends at `dueAt`, or adds it to a batch. */
export function setRetryTimer(turn: Turn, step: Step, dueAt: number): void {
  const { head, context } = turn;
  const now = context.clock.now();
  const attempt = lastAttempt(step);
  // The first member of a group may be its only member.
  const maxDelayMs =
    attempt === undefined || attempt.job.index === 0
      ? 0
      : Math.min(
          context.settings.maxRetryBatchDelayMs,
          (now - attempt.queuedAt) * RETRY_WINDOW_SHARE,
        );
  const latestAt = dueAt + maxDelayMs;
  const batches = head.retryBatches;
  const batch = batches.find(
    ({ at, calls }) => at >= dueAt && at <= latestAt && calls.length < MAX_BATCH_CALLS,
  );
  if (batch !== undefined) {
    head.retryBatches = batches.map((other) =>
      other === batch ? { ...batch, calls: [...batch.calls, step.call] } : other,
    );
    return;
  }
  const startsBatch = maxDelayMs > 0 && batches.length < MAX_RETRY_BATCHES;
  turn.setTimer({
    kind: 'retry',
    subject: step.call,
    generation: step.timerGeneration,
    at: startsBatch ? latestAt : dueAt,
  });
  if (startsBatch)
    head.retryBatches = [
      ...batches,
      { call: step.call, generation: step.timerGeneration, at: latestAt, calls: [] },
    ];
}

/** Removes the batch of this retry from the head and returns its other calls. */
export function takeRetryBatch(
  head: { retryBatches: RunHead['retryBatches'] },
  call: number,
  generation: number,
): readonly number[] {
  const isOfCall = (batch: RetryBatch): boolean =>
    batch.call === call && batch.generation === generation;
  const found = head.retryBatches.find(isOfCall);
  if (found !== undefined) head.retryBatches = head.retryBatches.filter((batch) => batch !== found);
  return found?.calls ?? [];
}

/** Stops the retry of a step that is cancelled. Its timer may be that of a batch. */
export async function leaveRetryBatch(turn: Turn, step: Step): Promise<void> {
  const { head } = turn;
  turn.clearTimer('retry', step.call);
  const batch = head.retryBatches.find(({ call }) => call === step.call);
  const [next, ...calls] = takeRetryBatch(head, step.call, step.timerGeneration);
  if (batch === undefined || next === undefined) return;
  const { timerGeneration: generation } = await turn.requireStep(next);
  turn.setTimer({ kind: 'retry', subject: next, generation, at: batch.at });
  head.retryBatches = [...head.retryBatches, { call: next, generation, at: batch.at, calls }];
}
