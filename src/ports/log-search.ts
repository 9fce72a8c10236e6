/**
 * Finds lines in a log by their text or level, with the same result for every store.
 *
 * 1. A search reads a bounded number of pages, and returns where it stopped: the caller continues
 *    from there.
 * 2. Lines are found as they are stored: a text that a cut divides is not found.
 *
 * @module
 */
import { isAtLeast, type LogLevel, logLevelOf } from '../model/log-levels.ts';
import {
  type LogLine,
  type LogPage,
  type LogPosition,
  type Logs,
  MAX_LOG_PAGE_BYTES,
} from './logs.ts';

export interface LogFilter {
  /** Literal text, in any case. */
  readonly search?: string | undefined;
  /** This level or a more severe one. Lines without a level do not match. */
  readonly level?: LogLevel | undefined;
}

/** The most lines of one page that is searched. */
const MAX_SEARCHED_LINES = 10_000;

/** A page of the lines that match; with an empty filter, of all lines. */
export async function searchLog(
  logs: Pick<Logs, 'read' | 'pagesPerSearch'>,
  stream: string,
  position: LogPosition,
  filter: LogFilter,
): Promise<LogPage> {
  if (filter.search === undefined && filter.level === undefined)
    return await logs.read(stream, position);
  const isBackward = position.direction === 'backward';
  const matches = matcherOf(filter);
  const hits: LogLine[] = [];
  let bytes = 0;
  let from = position.from;
  let first: LogPage | undefined;
  for (let pages = 1; ; pages += 1) {
    const page = await logs.read(stream, { ...position, from, limit: MAX_SEARCHED_LINES });
    first ??= page;
    const lines = isBackward ? page.lines.toReversed() : page.lines;
    for (const [index, line] of lines.entries()) {
      if (!matches(line)) continue;
      hits.push(line);
      bytes += line.text.length;
      const isLastLine = index === lines.length - 1;
      if (hits.length < position.limit && bytes < MAX_LOG_PAGE_BYTES) continue;
      if (isLastLine) break;
      const rest = isBackward ? line.position : (lines[index + 1]?.position ?? page.next);
      return resultOf({ hits, first, last: page, isBackward, rest, more: true });
    }
    const rest = isBackward ? page.previous : page.next;
    const isFull = hits.length >= position.limit || bytes >= MAX_LOG_PAGE_BYTES;
    if (!page.more || isFull || pages >= logs.pagesPerSearch || rest === null || rest === from)
      return resultOf({ hits, first, last: page, isBackward, rest, more: page.more });
    from = rest;
  }
}

function matcherOf({ search, level }: LogFilter): (line: LogLine) => boolean {
  const text = search?.toLowerCase();
  return (line) =>
    (text === undefined || line.text.toLowerCase().includes(text)) &&
    (level === undefined || isAtLeast(logLevelOf(line.text), level));
}

/** @param rest where the search continues */
function resultOf({
  hits,
  first,
  last,
  isBackward,
  rest,
  more,
}: {
  readonly hits: readonly LogLine[];
  readonly first: LogPage;
  readonly last: LogPage;
  readonly isBackward: boolean;
  readonly rest: string | null;
  readonly more: boolean;
}): LogPage {
  const { complete, size } = last;
  return isBackward
    ? { lines: hits.toReversed(), next: first.next, previous: rest, more, complete, size }
    : { lines: hits, next: rest ?? last.next, previous: first.previous, more, complete, size };
}
