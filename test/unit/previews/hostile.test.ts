/** Previews of content that is large, cut, deep or damaged. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '../../../src/codec/index.ts';
import { previewOf } from '../../../src/previews/preview.ts';
import { REQUEST, stored, storeWith } from './harness.ts';

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
