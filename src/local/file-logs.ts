/**
 * Logs of steps, as files below the home folder. A cursor is an offset in bytes.
 *
 * @module
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { LogCursorError, type LogLine, type LogPage, type Logs } from '../ports/logs.ts';

/** The most bytes that are read for one page. A longer line is returned in pieces of this size. */
const MAX_PAGE_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** The logs port on a home folder. */
export function createFileLogs(home: string): Logs {
  const folder = normalize(join(home, 'logs')) + sep;
  return {
    async read(stream, { from, limit, ended }) {
      if (from !== null && !/^\d{1,15}$/.test(from)) throw new LogCursorError(from);
      const offset = Number(from ?? 0);
      const path = normalize(join(home, stream));
      const file = path.startsWith(folder)
        ? await open(path, 'r').catch(() => undefined)
        : undefined;
      const emptyPage = { lines: [], next: String(offset), more: false, complete: ended };
      if (file === undefined) return emptyPage;
      try {
        const page = await readPage(file, offset, limit, ended);
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

async function readPage(
  file: FileHandle,
  from: number,
  limit: number,
  ended: boolean,
): Promise<LogPage> {
  const buffer = Buffer.alloc(MAX_PAGE_BYTES);
  const { bytesRead } = await file.read(buffer, 0, MAX_PAGE_BYTES, from);
  const bytes = buffer.subarray(0, bytesRead);
  const isLastChunk = bytesRead < MAX_PAGE_BYTES;
  const lines: LogLine[] = [];
  let at = 0;
  while (lines.length < limit && at < bytesRead) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end === -1) {
      // An incomplete line is read again later, unless the log has ended or no page can hold it.
      if (isLastChunk ? !ended : at > 0) break;
      const cut = isLastChunk ? bytesRead : lengthOfWholeCharacters(bytes);
      const text = bytes.toString('utf8', at, cut);
      lines.push(isLastChunk ? { at: null, text } : { at: null, text, continues: true });
      at = cut;
      break;
    }
    lines.push({
      at: null,
      text: bytes.toString('utf8', at, end > at && bytes[end - 1] === 0x0d ? end - 1 : end),
    });
    at = end + 1;
  }
  return {
    lines,
    next: String(from + at),
    more: !isLastChunk || (at < bytesRead && (ended || bytes.indexOf(NEWLINE, at) !== -1)),
    complete: ended,
  };
}

/** The length without an incomplete UTF-8 character at the end. */
function lengthOfWholeCharacters(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + length > bytes.length ? start : bytes.length;
}
