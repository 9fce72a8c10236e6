/** Previews of files, images and folders. */
import { describe, expect, it } from 'vitest';
import { END_OF_ARCHIVE, encodeHeader, paddingAfter } from '../../../src/folders/tar-format.ts';
import type { Value } from '../../../src/model/value.ts';
import { previewOf } from '../../../src/previews/preview.ts';
import { previewFile, REQUEST, stored, storeWith } from './harness.ts';

describe('the preview of a file', () => {
  it('separated values are a table, with quoted fields and line ends in them', async () => {
    const { content, truncated } = await previewFile(
      'a.csv',
      '\ufeffname,x\r\n"a ""b"", c",1\r\n"two\nlines",2.5\r\nlast,\r\n',
    );
    expect(content).toEqual({
      kind: 'table',
      columns: [
        { name: 'name', type: 'string' },
        { name: 'x', type: 'number' },
      ],
      from: 0,
      rows: [
        ['a "b", c', '1'],
        ['two\nlines', '2.5'],
        ['last', ''],
      ],
      rowCount: 3,
    });
    expect(truncated).toBe(false);
  });

  it('the last row of a table that is cut is left out', async () => {
    const text = `a\tb\n${Array.from({ length: 5000 }, (_, n) => `${n}\t${n}`).join('\n')}`;
    const { content, truncated } = await previewFile('a.tsv', text, { bytes: 60, from: 2 });
    const rows = Array.from({ length: 10 }, (_, n) => [`${n + 2}`, `${n + 2}`]);
    expect(content).toMatchObject({ kind: 'table', rowCount: null, rows });
    expect(truncated).toBe(true);
  });

  it.each([
    ['page.html', '<script>alert(1)</script>', 'html'],
    ['image.svg', '<svg onload="alert(1)"/>', 'svg'],
    ['notes.md', '# title', 'md'],
    ['README', 'text', 'txt'],
    ['wrong.png', 'text', 'txt'],
    ['wrong.json', '{"a":', 'json'],
  ])('%s is text', async (name, text, language) => {
    expect((await previewFile(name, text)).content).toEqual({ kind: 'text', text, language });
  });

  it.each([['a.bin'], ['a.csv'], ['a.json'], ['a.html']])(
    'bytes that are no text are shown as bytes, also under the name %s',
    async (name) => {
      const { content } = await previewFile(name, Uint8Array.of(0, 1, 0xff));
      expect(content).toMatchObject({ kind: 'binary', hex: '0001ff' });
    },
  );

  const PNG = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
    Buffer.from([0, 0, 0, 2, 0, 0, 0, 3, 8, 2, 0, 0, 0]),
  ]);

  it('an image is recognized by its bytes, whatever its name and format', async () => {
    const { content, truncated } = await previewFile('a.txt', PNG);
    expect(content).toEqual({
      kind: 'image',
      mediaType: 'image/png',
      width: 2,
      height: 3,
      data: PNG.toString('base64'),
    });
    expect(truncated).toBe(false);
  });

  it('an image that is too large for a response has no data', async () => {
    const value = stored({ name: 'a.png', size: 20_000_000 });
    const store = storeWith(Buffer.concat([PNG, Buffer.alloc(100_000)]));
    const { content, truncated } = await previewOf(store, value, REQUEST);
    expect(content).toMatchObject({ kind: 'image', width: 2, data: null });
    expect(truncated).toBe(true);
    expect(store.reads).toHaveLength(1);
  });

  it('an image of few bytes and many pixels has no data', async () => {
    const large = Buffer.from(PNG);
    large.writeUInt32BE(20_000, 16);
    large.writeUInt32BE(20_000, 20);
    const { content, truncated } = await previewFile('a.png', large);
    expect(content).toMatchObject({ kind: 'image', width: 20_000, data: null });
    expect(truncated).toBe(true);
  });
});

describe('the preview of a folder', () => {
  const entry = (path: string, content: Uint8Array): Buffer =>
    Buffer.concat([
      encodeHeader({ kind: 'file', path, size: content.length, executable: false }),
      content,
      paddingAfter(content.length),
    ]);

  it('its entries are listed without the contents of large files', async () => {
    const archive = Buffer.concat([
      encodeHeader({ kind: 'folder', path: 'empty' }),
      entry('a.txt', Buffer.from('x')),
      entry('large.bin', Buffer.alloc(5_000_000)),
      entry('z.txt', Buffer.from('last')),
      END_OF_ARCHIVE,
    ]);
    const store = storeWith(archive);
    const value: Value = stored({ format: 'folder', size: archive.length });
    const { content, truncated } = await previewOf(store, value, REQUEST);
    expect(content).toEqual({
      kind: 'folder',
      entries: [
        { path: 'empty', type: 'folder', size: 0 },
        { path: 'a.txt', type: 'file', size: 1 },
        { path: 'large.bin', type: 'file', size: 5_000_000 },
        { path: 'z.txt', type: 'file', size: 4 },
      ],
    });
    expect(truncated).toBe(false);
    expect(store.reads).toHaveLength(2);
  });

  it('of an archive with many large files the first are listed', async () => {
    const archive = Buffer.concat(
      Array.from({ length: 40 }, (_, n) => entry(`${n}`, Buffer.alloc(100_000))),
    );
    const store = storeWith(archive);
    const { content, truncated } = await previewOf(
      store,
      stored({ format: 'folder', size: archive.length }),
      REQUEST,
    );
    expect(content).toMatchObject({ kind: 'folder' });
    expect(truncated).toBe(true);
    expect(store.reads.length).toBeLessThanOrEqual(16);
  });
});
