/** Previews of values, in JSON and CBOR. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PreviewPathError } from '../../../src/previews/errors.ts';
import { previewValue, shownValue } from './harness.ts';

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
    expect(await shownValue(value)).toEqual(shown);
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
    expect(await shownValue(new Float64Array(100_000), { bytes: 4_000_000 })).toMatchObject({
      length: 100_000,
      items: Array.from({ length: 50 }, () => 0),
    });
  });

  it('a list is read from an item on', async () => {
    const value = { rows: Array.from({ length: 300 }, (_, n) => n) };
    expect(await shownValue(value, { path: '/rows', from: 290, limit: 3 })).toEqual({
      is: 'array',
      length: 300,
      items: [290, 291, 292],
    });
    expect(await shownValue([undefined, 1, 2, 3], { from: 2 })).toMatchObject({ items: [2, 3] });
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
    const shown = await shownValue(value, { path });
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
