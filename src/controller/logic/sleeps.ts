/**
 * Sleeps of the logic.
 *
 * 1. Each sleep ends once, when its timer fires.
 * 2. The run head contains the end times of some pending sleeps, so that a sweep can end those
 *    whose timers were lost.
 *
 * @module
 */
import type { RunHead } from '../../model/run.ts';
import type { Turn } from '../turn/turn.ts';

type PendingSleeps = RunHead['pendingSleeps'];

/** The head does not grow with a run: further pending sleeps have only their timers. */
const MAX_TRACKED_SLEEPS = 10;

/** The pending sleeps that the head contains (2). */
export const trackedSleeps = (sleeps: PendingSleeps): PendingSleeps =>
  sleeps.slice(0, MAX_TRACKED_SLEEPS);

export function startSleep(turn: Turn, durationMs: number): void {
  const { head } = turn;
  const sleep = head.sleepCount++;
  head.pendingSleepCount += 1;
  const at = head.lastEventAt + durationMs;
  turn.setTimer({ kind: 'sleep', subject: sleep, generation: head.generation, at });
  head.pendingSleeps = trackedSleeps([...head.pendingSleeps, { sleep, at }]);
}

/** @param generation the generation of the run when the timer was set */
export function endSleep(turn: Turn, sleep: number, generation: number): void {
  const { head } = turn;
  if (
    generation !== head.generation ||
    sleep >= head.sleepCount ||
    head.endedSleeps.includes(sleep) ||
    sleep < head.endedSleepsBelow
  )
    return;
  turn.append({ kind: 'sleepEnded', sleep });
  head.pendingSleepCount -= 1;
  head.evaluationDue = true;
  head.pendingSleeps = head.pendingSleeps.filter((pending) => pending.sleep !== sleep);
  const endedSleeps = new Set([...head.endedSleeps, sleep]);
  while (endedSleeps.delete(head.endedSleepsBelow)) head.endedSleepsBelow += 1;
  head.endedSleeps = [...endedSleeps].sort((a, b) => a - b);
}

/** Ends the sleeps whose timers must have been lost (2). */
export function endOverdueSleeps(turn: Turn): void {
  const { clock, settings } = turn.context;
  for (const { sleep, at } of turn.head.pendingSleeps)
    if (clock.now() - at > settings.lostAfterMs) endSleep(turn, sleep, turn.head.generation);
}
