import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFileLogs } from '../../../src/local/file-logs.ts';
import { LogCursorError, type Logs } from '../../../src/ports/logs.ts';

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
    expect(page).toEqual({ lines: [], next: '0', more: false, complete: true });
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
      expect(await logs.read(stream, { from: null, limit: 10, ended: true })).toEqual({
        lines: [],
        next: '0',
        more: false,
        complete: true,
      });
    await expect(
      logs.read('logs/run/1.log', { from: '-1', limit: 1, ended: true }),
    ).rejects.toThrow(LogCursorError);
  });
});
