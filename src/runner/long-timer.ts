/**
 * Timers of any length. Those of Node end at 2^31 milliseconds, about 25 days.
 *
 * @module
 */
import { clearTimeout, setTimeout } from 'node:timers';
import { MAX_TIMER_MS } from '../sdk/duration.ts';

/** Calls `fire` after `durationMs`. The returned function cancels the timer. */
export function startTimer(durationMs: number, fire: () => void): () => void {
  let remainingMs = durationMs;
  let timer = next();
  function next(): NodeJS.Timeout {
    const nextMs = Math.min(remainingMs, MAX_TIMER_MS);
    remainingMs -= nextMs;
    return setTimeout(() => {
      if (remainingMs > 0) timer = next();
      else fire();
    }, nextMs);
  }
  return () => clearTimeout(timer);
}
