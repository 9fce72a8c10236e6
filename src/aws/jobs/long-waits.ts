/**
 * Logs once for each group that a job of it has waited long: an alarm counts these lines.
 *
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../observability/log.ts';

export interface LongWaits {
  report(group: string, queuedAt: number, reason: string | undefined): void;
}

/** A wait that raises an alarm (`lib/observability.ts`). */
const LONG_WAIT_MS = 3_600_000;
const MAX_REMEMBERED_GROUPS = 1000;

export function createLongWaits(clock: Clock, log: Log): LongWaits {
  const reported = new Set<string>();
  return {
    report(group, queuedAt, reason) {
      const waitedMs = clock.now() - queuedAt;
      if (waitedMs <= LONG_WAIT_MS || reported.has(group)) return;
      if (reported.size >= MAX_REMEMBERED_GROUPS) reported.clear();
      reported.add(group);
      log.warn('job waits long', { group, minutes: Math.floor(waitedMs / 60_000), reason });
    },
  };
}
