/** Timers for any length: the platform's end at 2^31 milliseconds. */
import { clearTimeout, setTimeout } from 'node:timers';

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Calls `fire` after `milliseconds`, unless the returned function is called before. */
export function startTimer(durationMs: number, fire: () => void): () => void {
  let remainingMs = durationMs;
  let timer = next();
  function next(): NodeJS.Timeout {
    const hop = Math.min(remainingMs, MAX_TIMEOUT_MS);
    remainingMs -= hop;
    return setTimeout(() => {
      if (remainingMs > 0) timer = next();
      else fire();
    }, hop);
  }
  return () => clearTimeout(timer);
}
