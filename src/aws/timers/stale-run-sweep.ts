/**
 * Finds runs that have not changed for long and requests a sweep of each: the last resort if a
 * message or a timer was lost. A run that is active for too long is swept as well, and then ends.
 *
 * It reads the index of runs that have not ended, and never scans the table. A run whose steps take
 * long is swept, too, which costs one message and changes nothing.
 *
 * @module
 */
import type { Run } from '../../model/run.ts';
import type { Clock } from '../../ports/clock.ts';
import { pages } from '../../ports/pages.ts';
import type { RunQueries } from '../../ports/tasks.ts';
import type { Transitions } from '../../ports/transitions.ts';

export interface SweepOptions {
  readonly queries: Pick<RunQueries, 'runs'>;
  readonly transitions: Transitions;
  readonly clock: Clock;
  /** The longest time from the creation of a run to its end: its next turn ends an older one. */
  readonly maxActiveMs: number;
}

const PAGE_SIZE = 50;
const MINUTE_MS = 60_000;
/** Intervals of the run's own sweep timer without a change. */
const STALE_AFTER_POLLS = 2;
const MIN_STALE_MS = 10 * MINUTE_MS;
const ACTIVE_STATUSES = ['queued', 'running', 'aborting'] as const;

/** Returns the number of runs for which a sweep was requested. */
export async function sweepStaleRuns({
  queries,
  transitions,
  clock,
  maxActiveMs,
}: SweepOptions): Promise<number> {
  let swept = 0;
  for (const status of ACTIVE_STATUSES) {
    const runs = pages(
      (before: { readonly before?: string }) =>
        queries.runs({ status, limit: PAGE_SIZE, ...before }),
      {},
      (page) => {
        const last = page.at(-1);
        return page.length < PAGE_SIZE || last === undefined ? undefined : { before: last.info.id };
      },
    );
    for await (const page of runs) {
      const due = page.filter((run) => isDue(run, clock.now(), maxActiveMs));
      await transitions.send(
        due.map(({ info }) => ({ kind: 'run.sweep', run: info.id, unknownJobsLost: false })),
      );
      swept += due.length;
    }
  }
  return swept;
}

/** The run has not changed for long, or must end. */
function isDue({ info, head }: Run, now: number, maxActiveMs: number): boolean {
  if (now - info.createdAt >= maxActiveMs) return true;
  const lastActiveAt = Math.max(
    info.createdAt,
    head.startedAt ?? 0,
    head.eventCount === 0 ? 0 : head.lastEventAt,
  );
  return (
    now - lastActiveAt >
    Math.max(MIN_STALE_MS, STALE_AFTER_POLLS * info.declaration.poolFrequency * MINUTE_MS)
  );
}
