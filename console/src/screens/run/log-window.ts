/**
 * The part of a log that a view has read: consecutive lines, with the cursors on both sides.
 *
 * 1. Lines are in the order of the log. A very long line arrives in pieces and is one line here.
 * 2. A window is a value: each page makes a new one.
 *
 * @module
 */
import type { LogPageDocument, RunLogPageDocument } from '../../../../src/wire/logs.ts';

export interface ShownLine {
  readonly position: string;
  /** Milliseconds since the epoch; null if the store has no times. */
  readonly at: number | null;
  readonly text: string;
  readonly level: string | undefined;
  /** Of the merged log: the step that reported the line; null: the logic. */
  readonly call: number | null;
  readonly attempt: number | null;
  /** The line ends in the next page. */
  readonly continues: boolean;
}

export interface LogWindow {
  readonly lines: readonly ShownLine[];
  /** The cursor of the lines after the last one. */
  readonly next: string | null;
  /** The cursor of the lines before the first one; null: there are none. */
  readonly previous: string | null;
  /** Lines after the last one are on record. */
  readonly hasMore: boolean;
  /** No line will be added any more. */
  readonly isComplete: boolean;
  /** The bytes of the log; null if they are not known. */
  readonly size: number | null;
  /** The number of lines that were dropped at the start, to bound the memory. */
  readonly dropped: number;
}

type LogPage = LogPageDocument | RunLogPageDocument;

/** Lines that a window holds at most. */
export const MAX_WINDOW_LINES = 200_000;

export const EMPTY_WINDOW: LogWindow = {
  lines: [],
  next: null,
  previous: null,
  hasMore: false,
  isComplete: false,
  size: null,
  dropped: 0,
};

/** A window with the lines of a page that was read forward or from the end. */
export const windowOf = (page: LogPage, isFromEnd: boolean): LogWindow => ({
  lines: joined([], linesOf(page)),
  next: page.next,
  previous: page.previous,
  // Of a page that was read backward, `hasMore` is about the lines before it.
  hasMore: !isFromEnd && page.hasMore,
  isComplete: page.complete,
  size: 'size' in page ? page.size : null,
  dropped: 0,
});

/** The window with the lines that follow it. Lines at its start are dropped beyond the limit. */
export function withNextPage(
  window: LogWindow,
  page: LogPage,
  limit: number = MAX_WINDOW_LINES,
): LogWindow {
  const added = linesOf(page);
  const rest = {
    next: page.next,
    hasMore: page.hasMore,
    isComplete: page.complete,
    size: 'size' in page ? page.size : null,
  };
  if (added.length === 0) return { ...window, ...rest };
  const lines = joined(window.lines, added);
  const dropped = Math.max(0, lines.length - limit);
  return {
    ...window,
    ...rest,
    lines: dropped === 0 ? lines : lines.slice(dropped),
    dropped: window.dropped + dropped,
  };
}

/** The window with the lines before it. */
export const withPreviousPage = (window: LogWindow, page: LogPage): LogWindow => ({
  ...window,
  lines: joined(joined([], linesOf(page)), window.lines),
  previous: page.previous,
});

/** The index of a line; -1 if the window does not have it. */
export const indexOfPosition = ({ lines }: LogWindow, position: string): number =>
  lines.findIndex((line) => line.position === position);

function linesOf(page: LogPage): readonly ShownLine[] {
  return page.lines.map((line) => ({
    position: line.position,
    at: line.at === null ? null : Date.parse(line.at),
    text: line.text,
    level: line.level,
    call: 'call' in line ? line.call : null,
    attempt: 'attempt' in line ? line.attempt : null,
    continues: 'continues' in line && line.continues === true,
  }));
}

/** Both lists after one another; pieces of one line are one line. */
function joined(before: readonly ShownLine[], after: readonly ShownLine[]): readonly ShownLine[] {
  const lines = [...before];
  let pieces: string[] = [];
  const end = () => {
    const last = lines.at(-1);
    if (pieces.length > 0 && last !== undefined)
      lines[lines.length - 1] = { ...last, text: last.text + pieces.join('') };
    pieces = [];
  };
  let continues = lines.at(-1)?.continues ?? false;
  for (const line of after) {
    if (continues) {
      pieces.push(line.text);
      const last = lines.at(-1);
      if (!line.continues && last !== undefined)
        lines[lines.length - 1] = { ...last, continues: false };
    } else {
      end();
      lines.push(line);
    }
    continues = line.continues;
  }
  end();
  return lines;
}
