/**
 * Lists of runs in memory.
 *
 * @module
 */
import type { Run } from '../../src/model/run.ts';
import { matchesRun, type RunFilter, type RunListPage } from '../../src/ports/run-filter.ts';

export function pageOfRuns(all: readonly Run[], filter: RunFilter): RunListPage {
  const matching = all
    .filter((run) => matchesRun(run, filter))
    .sort((a, b) => (a.info.id < b.info.id ? 1 : -1));
  if (filter.order === 'oldest') matching.reverse();
  const runs = matching.slice(0, filter.limit);
  return { runs, next: runs.length < filter.limit ? null : (runs.at(-1)?.info.id ?? null) };
}
