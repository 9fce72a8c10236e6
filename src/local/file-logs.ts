/**
 * Logs of steps, as files below the home folder. A position is an offset in bytes.
 *
 * 1. A page is one read of at most `MAX_LOG_PAGE_BYTES`, whatever the size of the file.
 * 2. Positions are the same in both directions, also those inside of a very long line: it is cut at
 *    multiples of `GRID_BYTES` in the file that are at least so far from its start. A reader that
 *    sees that many bytes before such an offset knows whether a line is cut there.
 *
 * @module
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import {
  LogCursorError,
  type LogLine,
  type LogPage,
  type LogPosition,
  type Logs,
  MAX_LOG_PAGE_BYTES,
} from '../ports/logs.ts';

/** A piece of a long line has at most twice this many bytes. */
const GRID_BYTES = 128 * 1024;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** 16 MiB of a file are searched in some 100 ms. */
const PAGES_PER_SEARCH = 16;
const CALLS_PER_RUN_LOG = 20_000;

/** The logs port on a home folder. */
export function createFileLogs(home: string): Logs {
  const folder = normalize(join(home, 'logs')) + sep;
  return {
    pagesPerSearch: PAGES_PER_SEARCH,
    callsPerRunLog: CALLS_PER_RUN_LOG,
    async read(stream, position) {
      const { from, ended, direction } = position;
      if (from !== null && !/^\d{1,15}$/.test(from)) throw new LogCursorError(from);
      const offset = from === null ? null : Number(from);
      const path = normalize(join(home, stream));
      const file = path.startsWith(folder)
        ? await open(path, 'r').catch(() => undefined)
        : undefined;
      const emptyPage = {
        lines: [],
        next: from ?? '0',
        previous: null,
        more: false,
        complete: ended,
        size: 0,
      };
      if (file === undefined) return emptyPage;
      try {
        const page = await (direction === 'backward'
          ? readBackward(file, offset, position)
          : readForward(file, offset ?? 0, position));
        // The empty log of an attempt may become that of the next one in the same process.
        return page.lines.length === 0 || (await isAt(path, file)) ? page : emptyPage;
      } finally {
        await file.close();
      }
    },
  };
}

/** Whether the path still leads to the file. */
async function isAt(path: string, file: FileHandle): Promise<boolean> {
  const [found, own] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  return found?.ino === own.ino && found.dev === own.dev;
}

async function readForward(
  file: FileHandle,
  from: number,
  { limit, ended }: LogPosition,
): Promise<LogPage> {
  const { size } = await file.stat();
  const block = await readBlock(file, from, Math.min(size, from + MAX_LOG_PAGE_BYTES));
  const isLast = block.end >= size;
  const ranges: LineRange[] = [];
  for (const range of linesOf(block, { isLineEnd: isLast && ended })) {
    ranges.push(range);
    if (ranges.length > limit) break;
  }
  const shown = ranges.slice(0, limit);
  return {
    lines: shown.map((range) => lineOf(block, range)),
    next: String(shown.at(-1)?.next ?? from),
    previous: from === 0 || size === 0 ? null : String(from),
    more: ranges.length > limit || !isLast,
    complete: ended,
    size,
  };
}

/** The lines that end at or before `to`; null: the end of the file. */
async function readBackward(
  file: FileHandle,
  to: number | null,
  { limit, ended }: LogPosition,
): Promise<LogPage> {
  const { size } = await file.stat();
  const end = Math.min(to ?? size, size);
  const whole = await readBlock(file, Math.max(0, end - MAX_LOG_PAGE_BYTES), end);
  const start = whole.start === 0 ? 0 : firstKnownStart(whole);
  const block = { ...whole, start, bytes: whole.bytes.subarray(start - whole.start) };
  const ranges = [...linesOf(block, { isLineEnd: to === null ? ended : true })];
  const shown = ranges.slice(-limit);
  const first = shown[0]?.start ?? start;
  const previous = first === 0 ? null : String(first);
  return {
    lines: shown.map((range) => {
      const line = lineOf(block, range);
      return range.isOpen && end < size ? { ...line, continues: true } : line;
    }),
    next: String(shown.at(-1)?.next ?? start),
    previous,
    more: previous !== null,
    complete: ended,
    size,
  };
}

interface Block {
  readonly bytes: Buffer;
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
}

async function readBlock(file: FileHandle, start: number, end: number): Promise<Block> {
  const buffer = Buffer.allocUnsafe(Math.max(0, end - start));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, start + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return { bytes: buffer.subarray(0, length), start, end: start + length };
}

interface LineRange {
  /** Offsets in the file: of the text, and of what follows the line. */
  readonly start: number;
  readonly end: number;
  readonly next: number;
  /** The line continues after a cut. */
  readonly continues: boolean;
  /** The block ends before the line does. */
  readonly isOpen: boolean;
}

/** @param isLineEnd the end of the block ends its last line */
function* linesOf(
  { bytes, start }: Block,
  { isLineEnd }: { readonly isLineEnd: boolean },
): Generator<LineRange> {
  for (let at = 0; at < bytes.length; ) {
    const cut = cutAfter(start + at) - start;
    const newline = bytes.indexOf(NEWLINE, at);
    let range: LineRange;
    if (newline !== -1 && newline < cut) {
      const isCrLf = newline > at && bytes[newline - 1] === CARRIAGE_RETURN;
      range = rangeOf(start, at, isCrLf ? newline - 1 : newline, newline + 1);
    } else if (cut <= bytes.length) {
      const end = endOfWholeCharacters(bytes, cut);
      range = { ...rangeOf(start, at, end, end), continues: true };
    } else if (isLineEnd) {
      range = { ...rangeOf(start, at, bytes.length, bytes.length), isOpen: true };
    } else return;
    yield range;
    at = range.next - start;
  }
}

const rangeOf = (base: number, start: number, end: number, next: number): LineRange => ({
  start: base + start,
  end: base + end,
  next: base + next,
  continues: false,
  isOpen: false,
});

const lineOf = ({ bytes, start }: Block, range: LineRange): LogLine => ({
  position: String(range.start),
  at: null,
  text: bytes.toString('utf8', range.start - start, range.end - start),
  ...(range.continues ? { continues: true } : {}),
});

/** The offset at which a line is cut that has no end before it (2). */
const cutAfter = (start: number): number =>
  Math.ceil((start + GRID_BYTES) / GRID_BYTES) * GRID_BYTES;

/** The first offset of a block at which a line or a piece of one starts. */
function firstKnownStart({ bytes, start }: Block): number {
  const newline = bytes.indexOf(NEWLINE);
  const cut = cutAfter(start);
  return newline !== -1 && start + newline < cut
    ? start + newline + 1
    : start + endOfWholeCharacters(bytes, Math.min(cut - start, bytes.length));
}

/** The end without an incomplete UTF-8 character before it. */
function endOfWholeCharacters(bytes: Buffer, end: number): number {
  let start = end - 1;
  while (start > end - 4 && start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + length > end ? start : end;
}
