/** Timers for any length: the platform's end at 2^31 milliseconds. */
import { clearTimeout, setTimeout } from 'node:timers';

const LONGEST = 2 ** 31 - 1;

/** Calls `fire` after `milliseconds`, unless the returned function is called before. */
export function after(milliseconds: number, fire: () => void): () => void {
  let left = milliseconds;
  let timer = next();
  function next(): NodeJS.Timeout {
    const hop = Math.min(left, LONGEST);
    left -= hop;
    return setTimeout(() => {
      if (left > 0) timer = next();
      else fire();
    }, hop);
  }
  return () => clearTimeout(timer);
}
