import { type Duration, toMilliseconds } from './duration.ts';

/**
 * Waits. In a pipeline's logic the wait is a durable timer of the run: no process lives while it lasts. Elsewhere it is an ordinary timer.
 *
 * @example
 * ```ts
 * await sleep('5m');
 * ```
 *
 * @throws DurationError
 */
export async function sleep(duration: Duration): Promise<void> {
  const durationMs = toMilliseconds(duration);
  await new Promise<void>((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
