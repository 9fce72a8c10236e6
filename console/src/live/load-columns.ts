/**
 * The columns of a run as it is now, for what does not follow it.
 *
 * @module
 */
import { RunColumns } from './columns.ts';
import type { FeedSource } from './feed-source.ts';
import { readGraph } from './graph-pages.ts';

/** Reads the state, the structure and the times of all steps. */
export async function loadColumns(
  source: Pick<FeedSource, 'state' | 'graph' | 'timings'>,
  signal: AbortSignal,
): Promise<RunColumns> {
  const columns = new RunColumns();
  // A page of another epoch starts the columns anew.
  while (columns.revision < 0) {
    columns.applyState(await source.state(signal));
    const pages = readGraph(source, columns, { signal });
    while (!(await pages.next()).done);
  }
  while (columns.timed < columns.known) {
    const page = await source.timings(columns.timed, signal);
    if (!columns.applyTimings(page) || page.calls === 0) break;
  }
  return columns;
}
