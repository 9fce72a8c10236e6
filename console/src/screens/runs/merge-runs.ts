/**
 * The rows of the list of runs. Rows keep their places: a poll of the newest runs changes those that
 * are shown, and counts those that are not.
 *
 * @module
 */
import type { RunSummary } from '../../../../src/wire/runs.ts';

export interface MergedRuns {
  readonly rows: readonly RunSummary[];
  /** Runs that the poll has and the list has not: they are shown on request. */
  readonly newRuns: number;
}

/**
 * @param shown the pages of the list, as they were loaded
 * @param polled newer documents of some of these, and of new runs
 */
export function mergeRuns(
  shown: readonly RunSummary[],
  polled: readonly RunSummary[],
  removed: ReadonlySet<string> = new Set(),
): MergedRuns {
  const newest = new Map(polled.map((run) => [run.id, run]));
  const known = new Set<string>();
  const rows: RunSummary[] = [];
  // A page that was requested later may repeat runs of the page before it.
  for (const run of shown) {
    if (known.has(run.id)) continue;
    known.add(run.id);
    if (!removed.has(run.id)) rows.push(newest.get(run.id) ?? run);
  }
  const newRuns = polled.filter(({ id }) => !known.has(id) && !removed.has(id)).length;
  return { rows, newRuns };
}

/** Runs that still change and that the poll of the newest runs does not contain. */
export const changingBeyond = (
  rows: readonly RunSummary[],
  polled: readonly RunSummary[],
): readonly string[] => {
  const known = new Set(polled.map(({ id }) => id));
  return rows.filter(({ id, endedAt }) => endedAt === null && !known.has(id)).map(({ id }) => id);
};
