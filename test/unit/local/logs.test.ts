import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFileLogs } from '../../../src/local/file-logs.ts';
import { LogCursorError, type LogLine, type LogPage, type Logs } from '../../../src/ports/logs.ts';

const { afterOpen } = vi.hoisted(() => ({
  afterOpen: { do: async (): Promise<void> => undefined },
}));
vi.mock(import('node:fs/promises'), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    async open(...args: Parameters<typeof original.open>) {
      const file = await original.open(...args);
      await afterOpen.do();
      return file;
    },
  };
});

async function aLog(
  content: string | Uint8Array,
): Promise<{ readonly logs: Logs; readonly home: string; write(content: string): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'headrace-logs-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, 'logs/run'), { recursive: true });
  await writeFile(join(home, 'logs/run/1.log'), content);
  await writeFile(join(home, 'secret'), 'secret\n');
  return {
    logs: createFileLogs(home),
    home,
    write: (text) => writeFile(join(home, 'logs/run/1.log'), text),
  };
}

/** Reads all lines, in pages. */
async function pages(logs: Logs, limit: number, ended = true): Promise<string[][]> {
  const found: string[][] = [];
  for (let from: string | null = null, more = true; more; ) {
    const page = await logs.read('logs/run/1.log', { from, limit, ended });
    found.push(page.lines.map(({ text }) => text));
    ({ more, next: from } = page);
  }
  return found;
}

describe('the log of a step', () => {
  it('a log is read line by line, in pages', async () => {
    const { logs } = await aLog('one\n\ntwo\r\nthrée\nlast');
    expect(await pages(logs, 2)).toEqual([['one', ''], ['two', 'thrée'], ['last']]);
    expect(await pages(logs, 10)).toEqual([['one', '', 'two', 'thrée', 'last']]);
  });

  it('reading continues at the cursor, and an incomplete line is returned when it is complete', async () => {
    const { logs, write } = await aLog('one\ntw');
    const first = await logs.read('logs/run/1.log', { from: null, limit: 10, ended: false });
    expect(first).toMatchObject({ lines: [{ text: 'one' }], more: false });
    await write('one\ntwo\nthree');
    const second = await logs.read('logs/run/1.log', { from: first.next, limit: 10, ended: false });
    expect(second.lines.map(({ text }) => text)).toEqual(['two']);
    const last = await logs.read('logs/run/1.log', { from: second.next, limit: 10, ended: true });
    expect(last.lines.map(({ text }) => text)).toEqual(['three']);
    expect(
      await logs.read('logs/run/1.log', { from: last.next, limit: 10, ended: true }),
    ).toMatchObject({ lines: [], more: false });
  });

  it('an empty log that becomes that of another attempt while it is read has no lines', async () => {
    const { logs, home } = await aLog('');
    const [own, next] = ['1.log', '2.log'].map((name) => join(home, 'logs/run', name));
    afterOpen.do = async () => {
      await rename(own ?? '', next ?? '');
      await writeFile(next ?? '', 'of the next attempt\n');
    };
    onTestFinished(() => {
      afterOpen.do = async () => undefined;
    });
    const page = await logs.read('logs/run/1.log', { from: null, limit: 10, ended: true });
    expect(page).toMatchObject({ lines: [], next: '0', more: false, complete: true });
  });

  it('a line that is longer than a page is returned in pieces, and no piece cuts a character', async () => {
    const line = 'ü€𐍈'.repeat(100_000);
    const { logs } = await aLog(`${line}\nend\n`);
    const found = (await pages(logs, 10)).flat();
    expect(found.length).toBeGreaterThan(3);
    expect(found.slice(0, -1).join('')).toBe(line);
    expect(found.at(-1)).toBe('end');
  });

  it('a missing log, or a file that is not a log, has no lines; an invalid cursor is rejected', async () => {
    const { logs } = await aLog('one\n');
    for (const stream of ['logs/run/2.log', 'secret', 'logs/../secret', '../x'])
      expect(await logs.read(stream, { from: null, limit: 10, ended: true })).toMatchObject({
        lines: [],
        next: '0',
        more: false,
        complete: true,
      });
    await expect(
      logs.read('logs/run/1.log', { from: '-1', limit: 1, ended: true }),
    ).rejects.toThrow(LogCursorError);
  });

  it.each(['forward', 'backward'] as const)(
    'a line of 5 MB is cut at the same places when it is read %s',
    async (direction) => {
      const line = 'ü€𐍈x'.repeat(500_000);
      const { logs } = await aLog(`before\n${line}\nafter\n`);
      const read = async (from: string | null, way: 'forward' | 'backward') =>
        await logs.read('logs/run/1.log', { from, limit: 4, ended: true, direction: way });
      const lines: LogLine[] = [];
      for (let from: string | null = null, more = true; more; ) {
        const page: LogPage = await read(from, direction);
        if (direction === 'forward') lines.push(...page.lines);
        else lines.unshift(...page.lines);
        from = direction === 'forward' ? page.next : page.previous;
        ({ more } = page);
      }
      expect(lines.map(({ continues }) => continues === true)).toEqual([
        false,
        ...lines.slice(2, -1).map(() => true),
        false,
        false,
      ]);
      expect(
        lines
          .slice(1, -1)
          .map(({ text }) => text)
          .join(''),
      ).toBe(line);
      expect(Math.max(...lines.map(({ text }) => Buffer.byteLength(text)))).toBeLessThan(300_000);
      for (const [index, { position }] of lines.entries()) {
        expect((await read(position, 'forward')).lines[0]).toEqual(lines[index]);
        expect((await read(position, 'backward')).lines.at(-1)).toEqual(lines[index - 1]);
      }
    },
  );

  it('bytes that are no UTF-8, NUL and carriage returns do not move positions', async () => {
    const bytes = Buffer.from([
      ...Buffer.from('a\0b\r\n'),
      ...[0xff, 0xc3, 0x0a],
      ...Buffer.from('1 %\r50 %\r100 %\n'),
      ...[0xe2, 0x82],
    ]);
    const { logs } = await aLog(bytes);
    const position = { limit: 10, ended: true, from: null };
    const { lines } = await logs.read('logs/run/1.log', position);
    expect(lines.map(({ text }) => text)).toEqual([
      'a\0b',
      '\ufffd\ufffd',
      '1 %\r50 %\r100 %',
      '\ufffd',
    ]);
    expect(
      (await logs.read('logs/run/1.log', { ...position, direction: 'backward' })).lines,
    ).toEqual(lines);
    const last = lines.at(-1)?.position ?? '';
    expect(Number(last)).toBe(bytes.length - 2);
  });

  it('the end of a log that grows leaves its incomplete line for later', async () => {
    const { logs, write } = await aLog('one\ntw');
    const read = { limit: 10, ended: false };
    const end = await logs.read('logs/run/1.log', { ...read, from: null, direction: 'backward' });
    expect(end).toMatchObject({ lines: [{ text: 'one' }], next: '4', size: 6 });
    await write('one\ntwo\nthree\nfo');
    const later = await logs.read('logs/run/1.log', { ...read, from: end.next });
    expect(later.lines.map(({ text }) => text)).toEqual(['two', 'three']);
    const before = await logs.read('logs/run/1.log', {
      ...read,
      from: later.lines[1]?.position ?? null,
      direction: 'backward',
    });
    expect(before.lines.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('the last incomplete line alone is not returned before the attempt has ended', async () => {
    const { logs } = await aLog('partial');
    const read = { limit: 10, from: null, direction: 'backward' as const };
    expect(await logs.read('logs/run/1.log', { ...read, ended: false })).toMatchObject({
      lines: [],
      next: '0',
      previous: null,
    });
    expect(await logs.read('logs/run/1.log', { ...read, ended: true })).toMatchObject({
      lines: [{ text: 'partial', position: '0' }],
    });
  });

  it('a position after the end, or inside a line, leads to no error', async () => {
    const { logs } = await aLog('one\ntwo\n');
    for (const direction of ['forward', 'backward'] as const)
      for (const from of ['2', '7', '8', '999999'])
        await logs.read('logs/run/1.log', { from, limit: 10, ended: true, direction });
    const behind = { from: '999999', limit: 10, ended: true };
    expect(await logs.read('logs/run/1.log', behind)).toMatchObject({ lines: [], more: false });
    expect(await logs.read('logs/run/1.log', { ...behind, direction: 'backward' })).toMatchObject({
      lines: [{ text: 'one' }, { text: 'two' }],
    });
  });

  it.each([1, 10, 5000])(
    'any bytes have the same lines in both directions, by %i',
    async (limit) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(fc.constantFrom('\n', '\r\n', 'ü', '\0'), fc.string()), {
            maxLength: 60,
          }),
          fc.boolean(),
          async (parts, ended) => {
            const { logs } = await aLog(parts.join(''));
            const all: LogLine[] = [];
            for (let from: string | null = null, more = true; more; ) {
              const page = await logs.read('logs/run/1.log', { from, limit, ended });
              all.push(...page.lines);
              ({ next: from, more } = page);
            }
            const backward: LogLine[] = [];
            for (let from: string | null = null, more = true; more; ) {
              const page: LogPage = await logs.read('logs/run/1.log', {
                from,
                limit,
                ended,
                direction: 'backward',
              });
              backward.unshift(...page.lines);
              ({ previous: from, more } = page);
            }
            expect(backward).toEqual(all);
          },
        ),
        { numRuns: 30 },
      );
    },
  );
});
