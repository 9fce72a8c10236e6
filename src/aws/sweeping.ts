/**
 * Finds runs that nobody moved for long, and has them looked at: the last resort when a message or a timer was lost.
 *
 * It reads the index of runs that are not over, never the table. A run whose steps take long is looked at too: that costs one message, and finds nothing.
 *
 * @module
 */
import type { Run } from '../model/run.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunQueries } from '../ports/tasks.ts';
import type { Transitions } from '../ports/transitions.ts';

export interface SweepingOptions {
  readonly queries: Pick<RunQueries, 'runs'>;
  readonly transitions: Transitions;
  readonly clock: Clock;
}

const PAGE = 50;
const MINUTE = 60_000;
/** So often its own timer would have had it looked at. */
const MISSED = 2;
const LEAST_MILLISECONDS = 10 * MINUTE;
const LIVE = ['queued', 'running', 'aborting'] as const;

/** How many runs were sent for. */
export async function sweepStale({ queries, transitions, clock }: SweepingOptions): Promise<number> {
  let swept = 0;
  for (const status of LIVE) {
    for (let before: string | undefined; ; ) {
      const page = await queries.runs({ status, limit: PAGE, ...(before === undefined ? {} : { before }) });
      const stale = page.filter((run) => isStale(run, clock.now()));
      await transitions.send(stale.map(({ info }) => ({ kind: 'run.sweep', run: info.id, unknownJobsLost: false })));
      swept += stale.length;
      before = page.at(-1)?.info.id;
      if (page.length < PAGE) break;
    }
  }
  return swept;
}

function isStale({ info, head }: Run, now: number): boolean {
  const movedAt = Math.max(info.createdAt, head.startedAt ?? 0, head.eventCount === 0 ? 0 : head.lastEventAt);
  return now - movedAt > Math.max(LEAST_MILLISECONDS, MISSED * info.declaration.poolFrequency * MINUTE);
}
