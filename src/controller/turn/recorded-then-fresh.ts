/**
 * A list of the history, as a turn sees it: the recorded items, then those that the turn appended.
 *
 * @module
 */
import { itemPages } from '../../ports/pages.ts';

/**
 * Returns a reader of the list's pages from an item on.
 *
 * @param total the number of items, with the fresh ones
 */
export const recordedThenFresh = <T>(
  readRecorded: (from: number, limit: number) => Promise<readonly T[]>,
  fresh: readonly T[],
  total: number,
) =>
  async function* (from: number): AsyncGenerator<readonly T[]> {
    const recorded = total - fresh.length;
    let at = from;
    for await (const page of itemPages(readRecorded, { from, end: recorded })) {
      yield page;
      at += page.length;
    }
    if (at >= recorded && at < total) yield fresh.slice(at - recorded);
  };
