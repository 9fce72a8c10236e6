/**
 * The columns of a run as it is now, for what does not follow it.
 *
 * @module
 */
import { RunColumns } from './columns.ts';
import type { FeedSource } from './feed-source.ts';

/** Reads the state, the structure and the times of all steps. */
export async function loadColumns(
  source: Pick<FeedSource, 'state' | 'graph' | 'timings'>,
  signal: AbortSignal,
): Promise<RunColumns> {
  const columns = new RunColumns();
  const state = await source.state(signal);
  columns.applyState(state);
  while (columns.known < columns.total) {
    const before = columns.known;
    columns.appendGraph(await source.graph(before, signal));
    if (columns.known === before) break;
  }
  // A page of another epoch has started the columns anew.
  if (columns.revision < 0) columns.applyState(await source.state(signal));
  while (columns.timed < columns.known) {
    const page = await source.timings(columns.timed, signal);
    if (!columns.applyTimings(page) || page.calls === 0) break;
  }
  return columns;
}
