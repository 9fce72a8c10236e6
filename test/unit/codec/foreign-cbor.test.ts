/**
 * CBOR that Headrace does not write. The bytes are small, and stand for much work or a value
 * without end.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { CorruptValueError, decode, encode, placeRefs } from '../../../src/codec/index.ts';

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const decodeHex = (hex: string): unknown => decode({ format: 'cbor', bytes: bytesOf(hex) });

test.each([
  ['a decimal fraction', 'c4820105'],
  ['a shared value', 'd81c80'],
  ['a reference to a shared value', 'd81c81d81d00'],
  ['an object of a class', 'd81b82654572726f726161'],
  ['packed values', 'd8338481018080c600'],
  ['a record', 'd9dfff8319e00081616101'],
  ['bundled strings', 'd9dff982020161616162'],
])('%s is refused', (_, hex) => {
  expect(() => decodeHex(hex)).toThrow(CorruptValueError);
});

test('shared values inside each other, whose time doubled with each level, are refused at once', () => {
  const levels = 40;
  const nested = 'd81cd9010281'.repeat(levels);
  const references = Array.from(
    { length: levels },
    (_, id) => `d81d18${Buffer.of(id).toString('hex')}`,
  );
  expect(() =>
    decodeHex(`${nested}98${Buffer.of(levels).toString('hex')}${references.join('')}`),
  ).toThrow(CorruptValueError);
});

test.each([0n, 2n ** 64n, -(2n ** 64n) - 1n, 2n ** 71n, -(2n ** 4000n)])(
  'an integer beyond 64 bits is written as the standard says: %s',
  (value) => {
    expect(decode(encode(value))).toBe(value);
  },
);

test('an integer of 200,000 bytes is written and read in linear time', () => {
  const value = 2n ** 1_600_000n - 1n;
  const started = process.cpuUsage();
  expect(decode(encode(value)) === value).toBe(true);
  // It took a minute in quadratic time.
  expect(process.cpuUsage(started).user).toBeLessThan(5_000_000);
});

test.each([
  ['an index beyond the length', 'da68720001820181820501'],
  ['an index that is no number', 'da687200018201818269 5f5f70726f746f5f5fa0'.replaceAll(' ', '')],
])('an array with holes that has %s is refused', (_, hex) => {
  expect(() => decodeHex(hex)).toThrow(CorruptValueError);
});

test.each([[['length']], [[2]], [['a']], [[0, 'b']], [[0, 'toString']]])(
  'a reference to the place %j, where no placeholder is, is refused',
  (path) => {
    const args = [{ a: null }, null];
    expect(() => placeRefs(args, [{ path, value: 1 }])).toThrow(CorruptValueError);
    expect(args).toEqual([{ a: null }, null]);
  },
);
