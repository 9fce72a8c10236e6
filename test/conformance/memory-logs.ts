/**
 * The logs port in memory: complete logs, whose positions are the numbers of lines.
 *
 * @module
 */
import { LogCursorError, type Logs } from '../../src/ports/logs.ts';

/** @param logs lines by stream */
export const createMemoryLogs = (logs: Readonly<Record<string, readonly string[]>>): Logs => ({
  pagesPerSearch: 3,
  callsPerRunLog: 1000,
  async read(stream, { from, direction, limit, ended }) {
    if (from !== null && !/^\d+$/.test(from)) throw new LogCursorError(from);
    const all = logs[stream] ?? [];
    const isBackward = direction === 'backward';
    const end = isBackward
      ? Math.min(Number(from ?? all.length), all.length)
      : Math.min(Number(from ?? 0) + limit, all.length);
    const start = isBackward ? Math.max(0, end - limit) : Number(from ?? 0);
    const lines = all.slice(start, end);
    return {
      lines: lines.map((text, index) => ({ position: String(start + index), at: null, text })),
      next: String(start + lines.length),
      previous: start === 0 ? null : String(start),
      more: isBackward ? start > 0 : start + lines.length < all.length,
      complete: ended,
      size: null,
    };
  },
});
