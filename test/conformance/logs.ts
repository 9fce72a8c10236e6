/**
 * What every store of logs must do: pages in both directions, positions that stay, searches.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { searchLog } from '../../src/ports/log-search.ts';
import type { LogLine, LogPage, LogPosition, Logs } from '../../src/ports/logs.ts';

export interface LogsUnderTest {
  readonly logs: Logs;
  readonly stream: string;
  /** Appends whole lines. */
  append(lines: readonly string[]): Promise<void>;
}

const ENDED = { ended: true, endedAt: 5_000 };

export function describeLogs(
  name: string,
  open: (lines: readonly string[]) => Promise<LogsUnderTest>,
): void {
  describe(`logs in ${name}`, () => {
    const numbered = (count: number) => Array.from({ length: count }, (_, n) => `line ${n}`);
    const read = (
      { logs, stream }: LogsUnderTest,
      position: Partial<LogPosition> = {},
    ): Promise<LogPage> => logs.read(stream, { from: null, limit: 10, ...ENDED, ...position });

    /** All lines in pages, in the order of the log. */
    async function readAll(
      log: LogsUnderTest,
      direction: 'forward' | 'backward',
      limit: number,
      start: string | null = null,
    ): Promise<readonly LogLine[]> {
      const pages: (readonly LogLine[])[] = [];
      for (let from = start, count = 0; ; count += 1) {
        if (count > 500) throw new Error('the log has no end');
        const page = await read(log, { from, direction, limit });
        expect(page.lines.length).toBeLessThanOrEqual(limit);
        pages.push(page.lines);
        const rest = direction === 'forward' ? page.next : page.previous;
        if (!page.more || rest === null) break;
        from = rest;
      }
      return (direction === 'forward' ? pages : pages.toReversed()).flat();
    }
    const textsOf = (lines: readonly LogLine[]) => lines.map(({ text }) => text);

    it.each([1, 2, 7, 40, 1000])(
      'a log has the same lines and positions in both directions, in pages of %i lines',
      async (limit) => {
        const log = await open(numbered(40));
        const forward = await readAll(log, 'forward', limit);
        expect(textsOf(forward)).toEqual(numbered(40));
        expect(await readAll(log, 'backward', limit)).toEqual(forward);
        expect(new Set(forward.map(({ position }) => position)).size).toBe(40);
      },
    );

    it('the end of a log is one page with the last lines', async () => {
      const log = await open(numbered(300));
      const { lines, more } = await read(log, { direction: 'backward', limit: 5 });
      expect(textsOf(lines).slice(-3)).toEqual(['line 297', 'line 298', 'line 299']);
      expect(more).toBe(true);
    });

    it('reading continues in both directions at the position of each line', async () => {
      const log = await open(numbered(12));
      const lines = await readAll(log, 'forward', 100);
      for (const [index, { position }] of lines.entries()) {
        expect(await readAll(log, 'forward', 5, position)).toEqual(lines.slice(index));
        expect(await readAll(log, 'backward', 5, position)).toEqual(lines.slice(0, index));
      }
    });

    it('a reader at the end of a log receives the lines that are appended later', async () => {
      const log = await open(numbered(3));
      const last = await read(log, { direction: 'backward', ended: false, endedAt: undefined });
      expect(textsOf(last.lines)).toEqual(numbered(3));
      await log.append(['line 3', 'line 4']);
      const more = await readAll(log, 'forward', 10, last.next);
      expect(textsOf(more)).toEqual(['line 3', 'line 4']);
      expect((await readAll(log, 'forward', 10)).slice(3)).toEqual(more);
    });

    it('an empty log has no lines in either direction, and lines that are appended follow', async () => {
      const log = await open([]);
      const page = await read(log, { direction: 'backward', ended: false, endedAt: undefined });
      expect(page).toMatchObject({ lines: [], previous: null, more: false });
      await log.append(['first']);
      expect(textsOf(await readAll(log, 'forward', 10, page.next))).toEqual(['first']);
    });

    it.each(['forward', 'backward'] as const)(
      'a search %s finds each line with the text in any case, and its position',
      async (direction) => {
        const lines = numbered(60).map((line, n) =>
          n % 7 === 3 ? `${line} Loss: NaN (a.b*)` : line,
        );
        const log = await open(lines);
        const all = await readAll(log, 'forward', 100);
        const found: LogLine[][] = [];
        for (let from: string | null = null, count = 0; ; count += 1) {
          if (count > 100) throw new Error('the search has no end');
          const page: LogPage = await searchLog(
            log.logs,
            log.stream,
            { from, direction, limit: 2, ...ENDED },
            { search: 'loss: nan (A.B*)' },
          );
          found.push([...page.lines]);
          const rest: string | null = direction === 'forward' ? page.next : page.previous;
          if (!page.more || rest === null) break;
          from = rest;
        }
        const inOrder = direction === 'forward' ? found : found.toReversed();
        expect(inOrder.flat()).toEqual(all.filter(({ text }) => text.includes('Loss')));
      },
    );

    it('a filter by level finds the lines with this level and more severe ones', async () => {
      const log = await open([
        'INFO started',
        '{"level":50,"msg":"failed"}',
        '    at main.ts:3:7',
        '[warn] slow',
        'an error is mentioned',
      ]);
      const position = { from: null, limit: 10, ...ENDED };
      const texts = async (level: 'info' | 'warn' | 'error') =>
        textsOf((await searchLog(log.logs, log.stream, position, { level })).lines);
      expect(await texts('info')).toHaveLength(3);
      expect(await texts('warn')).toEqual(['{"level":50,"msg":"failed"}', '[warn] slow']);
      expect(await texts('error')).toEqual(['{"level":50,"msg":"failed"}']);
    });

    it('a search reads a bounded number of pages, and continues where it stopped', async () => {
      const log = await open([...numbered(30), 'needle']);
      let reads = 0;
      const logs: Pick<Logs, 'read' | 'pagesPerSearch'> = {
        pagesPerSearch: 2,
        read: (stream, position) => {
          reads += 1;
          return log.logs.read(stream, { ...position, limit: 4 });
        },
      };
      const hits: string[] = [];
      for (let from: string | null = null, more = true; more; ) {
        reads = 0;
        const page: LogPage = await searchLog(
          logs,
          log.stream,
          { from, limit: 10, ...ENDED },
          { search: 'needle' },
        );
        expect(reads).toBeLessThanOrEqual(2);
        hits.push(...textsOf(page.lines));
        ({ next: from, more } = page);
      }
      expect(hits).toEqual(['needle']);
    });
  });
}
