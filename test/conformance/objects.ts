/**
 * Conformance tests of the object store.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ObjectMissingError, ObjectTooLargeError } from '../../src/ports/objects.ts';
import { freshPorts, type MakePorts } from './ports.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array): string => new TextDecoder().decode(content);
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

async function read(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

export function objectsConformance(makePorts: MakePorts): void {
  describe('objects', () => {
    const ports = freshPorts(makePorts);

    test('an object is read as it was written, with its size and hash', async () => {
      const { objects } = ports();
      const content = new Uint8Array(Array.from({ length: 300 }, (_, n) => n % 256));
      expect(await objects.put('p/iris/data/a', content)).toEqual({
        size: 300,
        hash: sha256(content),
      });
      expect(new Uint8Array(await objects.get('p/iris/data/a', 1e6))).toEqual(content);
      expect(await objects.exists('p/iris/data/a')).toBe(true);
      expect(await objects.size('p/iris/data/a')).toBe(300);
      expect(await objects.size('p/iris/data/none')).toBe(undefined);
    });

    test('an object can be written as a stream and read as bytes, and the other way round', async () => {
      const { objects } = ports();
      const info = await objects.put('p/iris/data/b', Readable.from([bytes('one '), bytes('two')]));
      expect(info).toEqual({ size: 7, hash: sha256(bytes('one two')) });
      expect(text(await objects.get('p/iris/data/b', 1e6))).toBe('one two');
      expect(await read(await objects.stream('p/iris/data/b'))).toBe('one two');
    });

    test('a part of an object is read by its bytes, also as a stream', async () => {
      const { objects } = ports();
      await objects.put('p/iris/data/part', bytes('0123456789'));
      const part = async (from: number, to: number) =>
        text(await objects.slice('p/iris/data/part', from, to));
      expect(await part(0, 4)).toBe('0123');
      expect(await part(3, 5)).toBe('34');
      expect(await part(8, 99)).toBe('89');
      expect(await part(10, 99)).toBe('');
      expect(await part(5, 5)).toBe('');
      expect(await read(await objects.stream('p/iris/data/part', { from: 2, to: 6 }))).toBe('2345');
      await expect(objects.slice('p/iris/data/none', 0, 1)).rejects.toThrow(ObjectMissingError);
    });

    test('an empty object exists', async () => {
      const { objects } = ports();
      expect(await objects.put('empty', new Uint8Array())).toEqual({
        size: 0,
        hash: sha256(new Uint8Array()),
      });
      expect(await objects.exists('empty')).toBe(true);
      expect(await objects.size('empty')).toBe(0);
      expect((await objects.get('empty', 1e6)).byteLength).toBe(0);
      expect(await read(await objects.stream('empty'))).toBe('');
    });

    test('put replaces an object, putIfAbsent does not', async () => {
      const { objects } = ports();
      await objects.put('code/x', bytes('first'));
      await objects.putIfAbsent('code/x', bytes('second'));
      expect(text(await objects.get('code/x', 1e6))).toBe('first');
      await objects.put('code/x', bytes('third'));
      expect(text(await objects.get('code/x', 1e6))).toBe('third');
      await objects.putIfAbsent('code/y', bytes('new'));
      expect(text(await objects.get('code/y', 1e6))).toBe('new');
    });

    test('a stream that fails leaves the previous object unchanged', async () => {
      const { objects } = ports();
      const broken = () =>
        Readable.from(
          (async function* () {
            yield bytes('half');
            throw new Error('the connection broke');
          })(),
        );
      await expect(objects.put('k', broken())).rejects.toThrow('the connection broke');
      expect(await objects.exists('k')).toBe(false);
      await objects.put('k', bytes('whole'));
      await expect(objects.put('k', broken())).rejects.toThrow('the connection broke');
      expect(text(await objects.get('k', 1e6))).toBe('whole');
    });

    test('after concurrent puts of one key, one of the contents is stored completely', async () => {
      const { objects } = ports();
      const contents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(10_000));
      await Promise.all(
        contents.map((content, n) =>
          n % 2 === 0
            ? objects.put('k', bytes(content))
            : objects.put('k', Readable.from([bytes(content)])),
        ),
      );
      expect(contents).toContain(text(await objects.get('k', 1e6)));
    });

    test('reading a missing object throws an ObjectMissingError with its key', async () => {
      const { objects } = ports();
      await objects.put('p/a/b', bytes('x'));
      for (const key of ['none', 'p/a', 'p/a/b/c']) {
        await expect(objects.get(key, 1e6)).rejects.toThrow(ObjectMissingError);
        await expect(objects.stream(key)).rejects.toMatchObject({ key });
        expect(await objects.exists(key)).toBe(false);
      }
    });

    test('an object is read up to the given size, and a larger one is not read', async () => {
      const { objects } = ports();
      await objects.put('p/iris/data/result.json', bytes('0123456789'));
      expect(text(await objects.get('p/iris/data/result.json', 10))).toBe('0123456789');
      const larger = objects.get('p/iris/data/result.json', 9);
      await expect(larger).rejects.toThrow(ObjectTooLargeError);
      await expect(larger).rejects.toMatchObject({ key: 'p/iris/data/result.json', maxBytes: 9 });
      await expect(objects.get('p/iris/data/none', 0)).rejects.toThrow(ObjectMissingError);
    });

    test('an object that is too large is rejected without reading it, whatever its size', async () => {
      const { objects } = ports();
      const mebibyte = new Uint8Array(2 ** 20);
      await objects.put('large', Readable.from(Array.from({ length: 48 }, () => mebibyte)));
      const before = process.memoryUsage().arrayBuffers;
      for (let n = 0; n < 4; n += 1)
        await expect(objects.get('large', 1000)).rejects.toThrow(ObjectTooLargeError);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 2 ** 20);
    });

    test('any text is a valid key, and different keys are different objects', async () => {
      const { objects } = ports();
      const keys = [
        'a/b',
        'a%2Fb',
        'A/b',
        '../../parent',
        'a/../b',
        './a',
        'a//b',
        '/a',
        'ü/日本',
        'with blank',
        'tab\tinside',
        '%',
        'con',
        'a:b*?',
        `long/${'x'.repeat(400)}`,
        '~',
        'x/.',
        'x/..',
        '.hidden',
      ];
      for (const key of keys) await objects.put(key, bytes(`content of ${key}`));
      for (const key of keys) expect(text(await objects.get(key, 1e6))).toBe(`content of ${key}`);
    });

    test('remove removes exactly the objects whose keys start with the prefix', async () => {
      const { objects } = ports();
      const keys = [
        'p/a/data/1',
        'p/a/data/10/x',
        'p/a/data/2',
        'p/a/data2/1',
        'p/ab/data/1',
        'p/A/data/1',
      ];
      for (const key of keys) await objects.put(key, bytes(key));
      const existing = async () =>
        (
          await Promise.all(keys.map(async (key) => ((await objects.exists(key)) ? key : '')))
        ).filter((key) => key !== '');
      await objects.remove('p/a/data/1');
      expect(await existing()).toEqual(['p/a/data/2', 'p/a/data2/1', 'p/ab/data/1', 'p/A/data/1']);
      await objects.remove('p/a/data');
      expect(await existing()).toEqual(['p/ab/data/1', 'p/A/data/1']);
      await objects.remove('none');
      await objects.remove('p/');
      expect(await existing()).toEqual([]);
    });
  });
}
