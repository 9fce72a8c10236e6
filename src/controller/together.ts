/**
 * Retries that wait for each other: members of a fan-out that fail within a while are launched again as one group, not as a job each.
 *
 * 1. A retry waits no longer for others than a quarter of the time since its attempt was queued, nor than the setting: who has waited long waits a little more.
 * 2. One of them has a timer; the others are on the head until it fires (`RunHead.together`), a few hundred at the most. Who finds no room has its own timer.
 *
 * @module
 */
import type { RetryBatch, RunHead } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import { lastAttempt } from './attempts.ts';
import type { Turn } from './turn.ts';

const MOST_CALLS = 500;
const MOST_TIMERS = 4;
const PART = 0.25;

/** Sets what wakes the step, whose backoff ends at `due`. */
export function awaitRetry(turn: Turn, step: Step, due: number): void {
  const { head, context } = turn;
  const now = context.clock.now();
  const attempt = lastAttempt(step);
  // The first of a group may be alone in it.
  const patience = attempt === undefined || attempt.job.index === 0 ? 0 : Math.min(context.settings.retryTogether, (now - attempt.queuedAt) * PART);
  const latest = due + patience;
  const waiting = head.retryBatches ?? [];
  const host = waiting.find(({ at, calls }) => at >= due && at <= latest && calls.length < MOST_CALLS);
  if (host !== undefined) {
    head.retryBatches = waiting.map((each) => (each === host ? { ...host, calls: [...host.calls, step.call] } : each));
    return;
  }
  const hosts = patience > 0 && waiting.length < MOST_TIMERS;
  turn.setTimer({ kind: 'retry', subject: step.call, generation: step.timerGeneration, at: hosts ? latest : due });
  if (hosts) head.retryBatches = [...waiting, { call: step.call, generation: step.timerGeneration, at: latest, calls: [] }];
}

/** Those that waited for the timer of this step's retry. They are forgotten with it. */
export function takeTogether(head: { retryBatches?: RunHead['retryBatches'] }, call: number, generation: number): readonly number[] {
  const isMeant = (each: RetryBatch): boolean => each.call === call && each.generation === generation;
  const found = head.retryBatches?.find(isMeant);
  if (found !== undefined) head.retryBatches = head.retryBatches?.filter((each) => each !== found) ?? [];
  return found?.calls ?? [];
}
