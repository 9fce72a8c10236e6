/**
 * The last lines of a log, or those with a text: they are selected where the log is, so that the
 * rest is not read.
 *
 * @module
 */
import type { FeedLogLine, LogReader } from '../launch/watch/run-feed.ts';

export interface LineSelection {
  /** Only so many of the last lines. */
  readonly tail?: number | undefined;
  /** Only lines with this text, in any case of letters. */
  readonly search?: string | undefined;
}

export const isSelective = ({ tail, search }: LineSelection): boolean =>
  tail !== undefined || search !== undefined;

/** The selected lines of an attempt, in the order of its log. */
export async function* selectedLines(
  read: LogReader,
  call: number,
  attempt: number,
  { tail, search }: LineSelection,
): AsyncGenerator<readonly FeedLogLine[]> {
  if (tail !== undefined) {
    yield await lastLines(read, call, attempt, tail, search);
    return;
  }
  for (let cursor: string | undefined; ; ) {
    const page = await read(call, attempt, cursor, { search });
    yield page.lines;
    if (!page.hasMore) return;
    cursor = page.next;
  }
}

async function lastLines(
  read: LogReader,
  call: number,
  attempt: number,
  count: number,
  search: string | undefined,
): Promise<readonly FeedLogLine[]> {
  let found: readonly FeedLogLine[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { direction: 'backward', limit: count - found.length, search } as const;
    const page = await read(call, attempt, cursor, query);
    found = [...page.lines, ...found];
    const previous = page.previous ?? undefined;
    if (found.length >= count || previous === undefined) return found.slice(-count);
    cursor = previous;
  }
}
