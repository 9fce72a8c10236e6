import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createFileObjects } from '../../../src/local/file-objects.ts';
import { temporaryHomes } from './home.ts';

const { home } = temporaryHomes();
const MB = 2 ** 20;

/** A stream of `count` pieces of 1 MB, which are created when they are read. */
function pieces(count: number): Readable {
  const piece = Buffer.alloc(MB, 7);
  return Readable.from(
    (function* () {
      for (let n = 0; n < count; n += 1) yield piece;
    })(),
  );
}

describe('objects as files', () => {
  test('an object is a private, read-only file under its key', async () => {
    const folder = home();
    const objects = createFileObjects(folder);
    await objects.put('p/iris/data/run-1/0.json', Buffer.from('[1]'));
    const file = join(folder, 'objects/p/iris/data/run-1/0.json');
    expect(objects.path('p/iris/data/run-1/0.json')).toBe(file);
    expect(readFileSync(file, 'utf8')).toBe('[1]');
    expect(statSync(file).mode & 0o777).toBe(0o400);
    await objects.put('p/iris/data/run-1/0.json', Buffer.from('[2]'));
    expect(readFileSync(file, 'utf8')).toBe('[2]');
  });

  test('no key leads out of the folder, and keys that differ in case have different files on any file system', () => {
    const folder = home();
    const objects = createFileObjects(folder);
    for (const key of [
      '../../etc/passwd',
      '/etc/passwd',
      '..',
      'a/../../../b',
      'a\\..\\b',
      '../..',
      '',
    ]) {
      const path = relative(join(folder, 'objects'), objects.path(key));
      expect(path.startsWith('..')).toBe(false);
      expect(path).not.toBe('');
    }
    expect(objects.path('A').toLowerCase()).not.toBe(objects.path('a').toLowerCase());
    for (const name of objects.path(`a/${'ü'.repeat(300)}`).split('/'))
      expect(name.length).toBeLessThanOrEqual(255);
  });

  test('a large object is streamed in and out, and memory use does not grow with its size', {
    timeout: 60_000,
  }, async () => {
    const objects = createFileObjects(home());
    await objects.put('warm', pieces(20));
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 10);
    try {
      const { size, hash } = await objects.put('large', pieces(400));
      expect(size).toBe(400 * MB);
      const copied = await objects.put('copy', await objects.stream('large'));
      expect(copied).toEqual({ size, hash });
    } finally {
      clearInterval(watch);
    }
    expect(peak - before).toBeLessThan(150 * MB);
  });

  test('unfinished files of a failed write, and old ones of a killed process, are removed', async () => {
    const folder = home();
    const unfinished = join(folder, 'objects/%unfinished');
    mkdirSync(unfinished, { recursive: true });
    for (const [name, age] of [
      ['old', 48],
      ['recent', 1],
    ] as const) {
      writeFileSync(join(unfinished, name), 'x');
      const time = Date.now() / 1000 - age * 3600;
      utimesSync(join(unfinished, name), time, time);
    }
    const objects = createFileObjects(folder);
    const broken = new Readable({
      read() {
        this.destroy(new Error('it broke'));
      },
    });
    await expect(objects.put('k', broken)).rejects.toThrow('it broke');
    await objects.put('k', Buffer.from('1'));
    await objects.putIfAbsent('k', Buffer.from('2'));
    await objects.putIfAbsent('j', Buffer.from('3'));
    expect(readdirSync(unfinished)).toEqual(['recent']);
    await objects.remove('');
    expect(existsSync(join(unfinished, 'recent'))).toBe(true);
    expect(await objects.exists('j')).toBe(false);
  });

  test('a stream that is destroyed before its end is closed', async () => {
    const objects = createFileObjects(home());
    await objects.put('k', pieces(4));
    const stream = await objects.stream('k');
    const closed = once(stream, 'close');
    stream.destroy();
    await closed;
    expect(stream.destroyed).toBe(true);
  });
});
