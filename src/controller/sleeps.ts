/**
 * Sleeps of the logic: each ends once.
 *
 * 1. A sleep's timer wakes it. When some of them end is on the head, too: a sweep wakes those whose timers were lost.
 *
 * @module
 */
import type { RunHead } from '../model/run.ts';
import type { Turn } from './turn.ts';

type Naps = NonNullable<RunHead['napping']>;

/** The head does not grow with a run: of more sleeps at once only the timers know. */
const MOST_NAPS = 10;

/** Of sleeps that were begun, what the head knows. */
export const napsOf = (sleeps: Naps): Naps => sleeps.slice(0, MOST_NAPS);

export function beginSleep(turn: Turn, milliseconds: number): void {
  const { head } = turn;
  const sleep = head.sleeps++;
  head.sleeping += 1;
  const at = head.clock + milliseconds;
  turn.setTimer({ kind: 'sleep', subject: sleep, generation: head.generation, at });
  head.napping = napsOf([...(head.napping ?? []), { sleep, at }]);
}

/** @param generation the run's when the timer was set */
export function wakeSleep(turn: Turn, sleep: number, generation: number): void {
  const { head } = turn;
  if (generation !== head.generation || sleep >= head.sleeps || head.woken.includes(sleep) || sleep < head.wokenBelow) return;
  turn.append({ kind: 'woke', sleep });
  head.sleeping -= 1;
  head.due = true;
  if (head.napping !== undefined) head.napping = head.napping.filter((nap) => nap.sleep !== sleep);
  const woken = new Set([...head.woken, sleep]);
  while (woken.delete(head.wokenBelow)) head.wokenBelow += 1;
  head.woken = [...woken].sort((a, b) => a - b);
}

/** Those that should have ended so long ago that their timers must have been lost. */
export function wakeOverdue(turn: Turn): void {
  const { clock, settings } = turn.context;
  for (const { sleep, at } of turn.head.napping ?? []) if (clock.now() - at > settings.lostAfter) wakeSleep(turn, sleep, turn.head.generation);
}
