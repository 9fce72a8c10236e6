/**
 * Reads the structure of a run page by page, several pages at a time.
 *
 * @module
 */
import type { RunGraphDocument } from '../../../src/wire/run-state.ts';
import type { RunColumns } from './columns.ts';
import type { FeedSource } from './feed-source.ts';

/** Pages that are requested before they are needed: a browser has six connections to a server. */
const PAGES_AHEAD = 4;

export interface GraphOptions {
  readonly signal: AbortSignal;
  /** The first page, if it was requested before the number of calls was known. */
  readonly first?: Promise<RunGraphDocument> | undefined;
}

/**
 * Appends the structure of calls that have none to the columns, and yields each page after that. A
 * page may be shorter than the one before it; then those requested ahead are not used.
 */
export async function* readGraph(
  source: Pick<FeedSource, 'graph'>,
  columns: RunColumns,
  { signal, first }: GraphOptions,
): AsyncGenerator<RunGraphDocument> {
  const ahead = new Map<number, Promise<RunGraphDocument>>();
  if (first !== undefined) ahead.set(0, first);
  while (columns.known < columns.total) {
    const { known: from, epoch } = columns;
    const page = await (ahead.get(from) ?? source.graph(from, signal));
    columns.appendGraph(page);
    yield page;
    if (page.calls === 0 || columns.known === from) return;
    if (columns.epoch === epoch) ahead.delete(from);
    else ahead.clear();
    if (!page.more) continue;
    for (let next = columns.known; next < columns.total; next += page.calls) {
      if (ahead.has(next)) continue;
      if (ahead.size >= PAGES_AHEAD) break;
      const request = source.graph(next, signal);
      // Its failure is reported when the page is needed.
      request.catch(() => undefined);
      ahead.set(next, request);
    }
  }
}
