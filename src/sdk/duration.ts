/**
 * Durations as users write them. Part of the evaluator's context, too.
 *
 * @module
 */
import { MAX_DURATION_MS } from '../model/limits.ts';
import { DurationError } from './errors.ts';

/** Milliseconds, or a number with a unit: `'500ms'`, `'5s'`, `'2m'`, `'1.5h'`, `'1d'`. */
export type Duration = number | string;

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** @throws DurationError */
export function toMilliseconds(duration: Duration): number {
  const durationMs = typeof duration === 'string' ? parse(duration) : duration;
  if (typeof durationMs !== 'number' || !(durationMs >= 0 && durationMs <= MAX_DURATION_MS))
    throw new DurationError(duration);
  return durationMs;
}

function parse(text: string): number | undefined {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(text) ?? [];
  const factor = MS_PER_UNIT[unit ?? ''];
  return factor === undefined ? undefined : Number(amount) * factor;
}

/** The longest timer of Node.js. It fires a longer one at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Waits for any time. */
export async function wait(durationMs: number): Promise<void> {
  let remainingMs = durationMs;
  do {
    const timerMs = Math.min(remainingMs, MAX_TIMER_MS);
    await new Promise<void>((resolve) => {
      setTimeout(resolve, timerMs);
    });
    remainingMs -= timerMs;
  } while (remainingMs > 0);
}
