/**
 * `sleep` in a program.
 *
 * @module
 */
import { type Duration, toMilliseconds, wait } from './duration.ts';

/**
 * Waits. In a pipeline's logic, the wait is a durable timer of the run, which needs no process. In
 * all other code it is an ordinary timer.
 *
 * @example
 * ```ts
 * await sleep('5m');
 * ```
 *
 * @throws DurationError
 */
export async function sleep(duration: Duration): Promise<void> {
  await wait(toMilliseconds(duration));
}
