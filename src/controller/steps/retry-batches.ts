/**
 * Retries that wait for each other: members of a fan-out that fail within a while are launched again as one group, not as a job each.
 *
 * 1. A retry waits no longer for others than a quarter of the time since its attempt was queued, nor than the setting: who has waited long waits a little more.
 * 2. One of them has a timer; the others are on the head until it fires (`RunHead.together`), a few hundred at the most. Who finds no room has its own timer.
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

/** Sets what wakes the step, whose backoff ends at `due`. */
export function setRetryTimer(turn: Turn, step: Step, dueAt: number): void {
  const { head, context } = turn;
  const now = context.clock.now();
  const attempt = lastAttempt(step);
  // The first of a group may be alone in it.
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

/** Those that waited for the timer of this step's retry. They are forgotten with it. */
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
