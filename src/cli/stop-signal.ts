/**
 * Waits for the signal that stops a command which serves.
 *
 * @module
 */
import { EXIT } from '../launch/exit-codes.ts';

/** Resolves at the first Ctrl-C or SIGTERM; the second exits the process at once. */
export function waitForStopSignal(): Promise<void> {
  let received = 0;
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(name, () => {
        if (++received > 1) process.exit(EXIT.interrupted);
        resolve();
      });
  });
}
