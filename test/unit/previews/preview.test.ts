/** Previews of values, files, images and folders, of which some are hostile. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, toInline } from '../../../src/codec/index.ts';
import { END_OF_ARCHIVE, encodeHeader, paddingAfter } from '../../../src/folders/tar-format.ts';
import type { PreviewValue } from '../../../src/model/preview.ts';
import type { StoredValue, Value } from '../../../src/model/value.ts';
import { PreviewPathError } from '../../../src/previews/errors.ts';
import { type PreviewRequest, previewOf } from '../../../src/previews/preview.ts';

const REQUEST: PreviewRequest = { name: 'it', bytes: 65_536, path: '', from: 0, limit: 100 };

/** A store with one object, which counts what is read. */
function storeWith(content: Uint8Array, size = content.length) {
  const reads: { readonly from: number; readonly to: number }[] = [];
  return {
    reads,
    size,
    async slice(_: string, from: number, to: number) {
      reads.push({ from, to });
      return content.subarray(from, to);
    },
  };
}

const stored = (over: Partial<StoredValue>): StoredValue => ({
  ...{ format: 'file', key: 'k', size: 0, hash: 'h' },
  ...over,
});

async function previewFile(name: string, content: string | Uint8Array, over = {}) {
  const bytes = Buffer.from(content);
  const value = stored({ name, size: bytes.length });
  return previewOf(storeWith(bytes), value, { ...REQUEST, ...over });
}

const NOTHING = { slice: async () => Promise.reject(new Error('nothing is read')) };

async function previewValue(value: unknown, over = {}) {
  return previewOf(NOTHING, toInline(encode(value)), { ...REQUEST, ...over });
}

async function valueOf(value: unknown, over = {}): Promise<PreviewValue> {
  const { content } = await previewValue(value, over);
  if (content.kind !== 'json') throw new Error(`it is a ${content.kind}`);
  return content.value;
}

describe('the preview of a value', () => {
  it.each([
    ['null', null, null],
    ['true', true, true],
    ['a text', 'text', 'text'],
    ['a number', 1.5, 1.5],
    ['undefined', undefined, { is: 'scalar', type: 'undefined', text: 'undefined' }],
    ['NaN', Number.NaN, { is: 'scalar', type: 'number', text: 'NaN' }],
    ['-0', -0, { is: 'scalar', type: 'number', text: '-0' }],
    ['a large integer', 2n ** 80n, { is: 'scalar', type: 'bigint', text: String(2n ** 80n) }],
    [
      'a negative large integer',
      -(2n ** 80n),
      { is: 'scalar', type: 'bigint', text: String(-(2n ** 80n)) },
    ],
    ['a date', new Date(0), { is: 'scalar', type: 'date', text: '1970-01-01T00:00:00.000Z' }],
    ['an invalid date', new Date(Number.NaN), { is: 'scalar', type: 'date', text: 'Invalid Date' }],
    ['an array', [1, 'a'], { is: 'array', length: 2, items: [1, 'a'] }],
    ['an object', { a: 1 }, { is: 'object', length: 1, entries: [['a', 1]] }],
    ['a Map', new Map([[1, 'x']]), { is: 'map', length: 1, entries: [[1, 'x']] }],
    ['a Set', new Set(['x']), { is: 'set', length: 1, items: ['x'] }],
    [
      'a typed array',
      new Float32Array([0.5, Number.NaN]),
      { is: 'typedArray', type: 'Float32Array', length: 2, items: [0.5, 'NaN'] },
    ],
    [
      'a typed array of large integers',
      new BigInt64Array([-1n]),
      { is: 'typedArray', type: 'BigInt64Array', length: 1, items: ['-1'] },
    ],
    ['bytes', Buffer.from([1, 255]), { is: 'bytes', length: 2, hex: '01ff' }],
    ['an error', new TypeError('no'), { is: 'error', name: 'TypeError', message: 'no' }],
    ['a lone surrogate', '\ud800', '\ud800'],
    [
      'an object with a key of prototypes',
      { ['__proto__']: 1, b: undefined },
      {
        is: 'object',
        length: 2,
        entries: [
          ['__proto__', 1],
          ['b', { is: 'scalar', type: 'undefined', text: 'undefined' }],
        ],
      },
    ],
  ])('%s is shown as it is', async (_, value, shown) => {
    expect(await valueOf(value)).toEqual(shown);
  });

  it('JSON and CBOR of the same value have the same preview', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        const inMap = await previewValue(new Map([['json', value]]), { path: '/0' });
        const { content } = await previewValue([value], { path: '/0' });
        expect(inMap.content).toEqual(content);
      }),
    );
  });

  it('long lists, texts and typed arrays are cut, and their lengths are stated', async () => {
    const value = { rows: Array.from({ length: 9000 }, (_, n) => [n]), text: 'x'.repeat(9000) };
    const { content, truncated } = await previewValue(value, { bytes: 1_000_000 });
    expect(truncated).toBe(true);
    expect(content).toMatchObject({
      kind: 'json',
      value: {
        entries: [
          ['rows', { is: 'array', length: 9000 }],
          ['text', { is: 'text', length: 9000 }],
        ],
      },
    });
    expect(await valueOf(new Float64Array(100_000), { bytes: 4_000_000 })).toMatchObject({
      length: 100_000,
      items: Array.from({ length: 50 }, () => 0),
    });
  });

  it('a list is read from an item on', async () => {
    const value = { rows: Array.from({ length: 300 }, (_, n) => n) };
    expect(await valueOf(value, { path: '/rows', from: 290, limit: 3 })).toEqual({
      is: 'array',
      length: 300,
      items: [290, 291, 292],
    });
    expect(await valueOf([undefined, 1, 2, 3], { from: 2 })).toMatchObject({ items: [2, 3] });
  });

  it.each([
    ['/a/b~1c/1', 'second'],
    ['/a/~0', 'tilde'],
    ['/m/0', 'of a Map'],
    ['/a', { is: 'object', length: 2 }],
  ])('the path %s leads into a value', async (path, found) => {
    const value = {
      skipped: [{ deep: ['x', '{"]'] }, new Date(0)],
      a: { 'b/c': ['first', 'second'], '~': 'tilde' },
      m: new Map([[{ key: 1 }, 'of a Map']]),
    };
    const shown = await valueOf(value, { path });
    if (typeof found === 'string') expect(shown).toBe(found);
    else expect(shown).toMatchObject(found);
  });

  it.each(['/none', '/a/2', '/text/0', '/a/length'])('the path %s leads nowhere', async (path) => {
    for (const extra of [null, undefined])
      await expect(previewValue({ a: [1, 2], text: 'x', extra }, { path })).rejects.toThrow(
        PreviewPathError,
      );
  });

  it('a list of records is a table', async () => {
    const { content } = await previewValue([
      { x: 1, y: 'a' },
      { x: 2, y: undefined },
      { y: 'c', z: null },
    ]);
    expect(content).toMatchObject({
      kind: 'table',
      columns: [
        { name: 'x', type: 'number' },
        { name: 'y', type: 'mixed' },
        { name: 'z', type: 'null' },
      ],
      rowCount: 3,
    });
    if (content.kind !== 'table') throw new Error('it is no table');
    expect(content.rows[2]).toEqual([{ is: 'omitted', type: 'missing', length: null }, 'c', null]);
  });
});

describe('the preview of large or damaged content', () => {
  it.each(['json', 'cbor'] as const)(
    'of an object of 2 GB in %s only the requested bytes are read',
    async (format) => {
      const records = Array.from({ length: 40_000 }, (_, n) => ({
        n,
        at: format === 'cbor' ? new Date(n) : n,
      }));
      const encoded = encode(records);
      const bytes = encoded.format === 'json' ? Buffer.from(encoded.text) : encoded.bytes;
      const store = storeWith(bytes);
      const value = stored({ format, size: 2 ** 31 });
      const { content, truncated } = await previewOf(store, value, { ...REQUEST, bytes: 10_000 });
      expect(store.reads).toEqual([{ from: 0, to: 10_000 }]);
      expect(truncated).toBe(true);
      expect(content).toMatchObject({ kind: 'table', columns: [{ name: 'n' }, { name: 'at' }] });
      if (content.kind !== 'table') throw new Error('it is no table');
      expect(content.rows).toHaveLength(100);
      const missing = previewOf(store, value, { ...REQUEST, bytes: 10_000, path: '/39999' });
      await expect(missing).rejects.toMatchObject({ isBehindRead: true });
    },
  );

  it('each start of CBOR and JSON is shown as far as it goes', async () => {
    const value = { a: [1, 2.5, 'texts', { b: 7 }], t: 'x'.repeat(30), n: null, e: true };
    for (const format of ['json', 'cbor'] as const) {
      const encoded = encode(
        format === 'json'
          ? value
          : { ...value, f: new Float32Array(4), m: new Map([[1, 2n ** 70n]]) },
      );
      const bytes = encoded.format === 'json' ? Buffer.from(encoded.text) : encoded.bytes;
      for (let length = 1; length < bytes.length; length += 1) {
        const { content, truncated } = await previewOf(
          storeWith(bytes.subarray(0, length)),
          stored({ format, size: bytes.length }),
          { ...REQUEST, bytes: length },
        );
        expect({ length, kind: content.kind, truncated }).toEqual({
          length,
          kind: 'json',
          truncated: true,
        });
      }
    }
  });

  it.each([
    ['arrays', Buffer.alloc(10_000, 0x81), 'cbor'],
    [
      'maps',
      Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0xa1, 0x61, 0x61]))),
      'cbor',
    ],
    ['arrays without a length', Buffer.alloc(10_000, 0x9f), 'cbor'],
    ['tags', Buffer.alloc(10_000, 0xc1), 'cbor'],
    ['JSON', Buffer.from('['.repeat(10_000)), 'json'],
    ['JSON objects', Buffer.from('{"a":'.repeat(10_000)), 'json'],
  ] as const)('%s with a depth of 10,000 are cut off, complete or not', async (_, open, format) => {
    const close = format === 'json' ? '1' : '';
    for (const [content, isWhole] of [
      [open, false],
      [Buffer.concat([open, Buffer.from(close || [0x01])]), true],
    ] as const) {
      const size = content.length + (isWhole ? 0 : 1000);
      const { truncated, content: shown } = await previewOf(
        storeWith(content),
        stored({ format, size }),
        REQUEST,
      );
      expect(['json', 'table', 'binary', 'text']).toContain(shown.kind);
      expect(truncated || shown.kind === 'binary' || shown.kind === 'text').toBe(true);
      expect(JSON.stringify(shown).length).toBeLessThan(500_000);
    }
  });

  it('lengths in CBOR that no bytes follow are not allocated', async () => {
    for (const bytes of [
      [0x9b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0xbb, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x5b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0xd8, 86, 0x5b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0xc2, 0x5a, 0xff, 0xff, 0xff, 0xff],
    ])
      for (const size of [bytes.length, 2 ** 31]) {
        const store = storeWith(Buffer.from(bytes));
        const { content } = await previewOf(store, stored({ format: 'cbor', size }), REQUEST);
        expect(['json', 'binary']).toContain(content.kind);
      }
  });

  it('any bytes have a preview in each format, of bounded size', async () => {
    const formats = ['json', 'cbor', 'bytes', 'file', 'folder', 'custom'] as const;
    const names = ['a.json', 'a.csv', 'a.png', 'a', 'a.html'];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.string({ maxLength: 400 })),
        fc.constantFrom(...formats),
        fc.constantFrom(...names),
        fc.nat(500),
        async (content, format, name, more) => {
          const bytes = Buffer.from(content);
          const { content: shown } = await previewOf(
            storeWith(bytes),
            stored({ format, name, size: bytes.length + more }),
            REQUEST,
          );
          expect(shown.kind).not.toBe('image');
          expect(JSON.stringify(shown).length).toBeLessThan(20_000);
        },
      ),
      { numRuns: 500 },
    );
  });
});

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
