/**
 * Hands a turn back for a while: its messages are sent again through the queue of delays.
 *
 * A message that is received again by visibility would count as a receive, and the dead letters
 * would get it while an account is merely over a quota.
 *
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import type { DelayQueue } from '../timers/timer-scheduler.ts';
import type { DeferredTransition } from './receive-batch.ts';

const FIRST_DELAY_MS = 4000;
const MAX_DELAY_MS = 60_000;

export interface TurnDeferralOptions {
  readonly delayQueue: DelayQueue;
  readonly clock: Clock;
  /** From 0 to 1. Default: random. */
  readonly random?: () => number;
}

/**
 * The delay doubles with each deferral. Half of it is random, so that runs that were refused
 * together do not return together.
 */
export function createTurnDeferral({
  delayQueue,
  clock,
  random = Math.random,
}: TurnDeferralOptions): (messages: readonly DeferredTransition[]) => Promise<void> {
  return async (messages) => {
    const deferrals = Math.min(...messages.map((message) => message.deferrals));
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (deferrals - 1));
    const at = clock.now() + Math.ceil((delayMs * (1 + random())) / 2);
    await delayQueue.send(messages.map((message) => ({ ...message, at })));
  };
}
