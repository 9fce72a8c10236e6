import { describe, expect, it } from 'vitest';
import {
  decode,
  encodeArguments,
  fromInline,
  type LazyTarget,
  NO_PARTS,
  PartMemo,
  placeRefs,
} from '../../../src/codec/index.ts';

class Lazy {
  constructor(readonly target: LazyTarget) {}
}
const lazy = (call: number) => new Lazy({ call, value: null, key: `key${call}` });
const lazyOf = (value: object) => (value instanceof Lazy ? value.target : undefined);

const rows = Array.from({ length: 10_000 }, (_, index) => index / 7);
const matrix = Array.from({ length: 1000 }, (_, row) => [row, row / 3, row / 7]);
const table = Object.fromEntries(rows.slice(0, 2000).map((value, index) => [`k${index}`, value]));

const encodeList = (args: readonly unknown[], memo?: PartMemo) =>
  encodeArguments(args, lazyOf, [], memo);

/** The arguments as a step receives them; a Lazy as `value of <call>`. */
function received(encoded: ReturnType<typeof encodeArguments>): unknown[] {
  const list = decode(encoded.data);
  if (!Array.isArray(list)) throw new Error('the arguments are not a list');
  return placeRefs(list, [
    ...encoded.parts.map(({ path, value }) => ({ path, value: decode(fromInline(value)) })),
    ...encoded.refs.map(({ path, call }) => ({ path, value: `value of ${call}` })),
  ]);
}

describe('large parts of arguments', () => {
  it.each<[string, unknown[], (string | number)[][]]>([
    ['an array', [1, rows], [[1]]],
    ['an array of arrays', [matrix, 1], [[0]]],
    ['a text', ['x'.repeat(20_000)], [[0]]],
    ['an object of many small values', [{ table }], [[0, 'table']]],
    ['a property of an object', [{ depth: 2, rows }], [[0, 'rows']]],
    [
      'a property at depth',
      [{ data: { train: { x: rows, y: [1] } } }],
      [[0, 'data', 'train', 'x']],
    ],
    [
      'elements of a short list',
      [[rows, 1, matrix]],
      [
        [0, 0],
        [0, 2],
      ],
    ],
    ['a typed array', [new Float64Array(rows), 1], [[0]]],
    ['an array beside a value without JSON', [rows, undefined, { at: new Date(0) }], [[0]]],
    ['a Map', [new Map(rows.map((value) => [value, value]))], [[0]]],
    ['a property whose object has an odd key', [{ ['__proto__']: rows, a: 1 }], [[0]]],
    ['nothing, if no value is large', [rows.slice(0, 100), { a: 'b' }], []],
  ])('%s is taken out, and a step receives it in its place', (_, args, paths) => {
    const encoded = encodeList(args);
    expect(encoded.parts.map(({ path }) => path)).toEqual(paths);
    expect(received(encoded)).toStrictEqual(args);
    if (paths.length > 0) {
      const { data } = encoded;
      expect(data.format === 'json' ? data.text.length : data.bytes.length).toBeLessThan(200);
    }
  });

  it('a value with a Lazy inside stays in place, and its large parts beside the Lazy do not', () => {
    const withLazies = [{ rows, of: lazy(3) }, [...rows, lazy(4)]];
    const encoded = encodeList(withLazies);
    expect(encoded.parts.map(({ path }) => path)).toEqual([[0, 'rows']]);
    expect(received(encoded)).toEqual([{ rows, of: 'value of 3' }, [...rows, 'value of 4']]);
  });

  it('an object with more large values than a call has parts is one part', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, rows]));
    const encoded = encodeList([{ many, rows }]);
    expect(encoded.parts.map(({ path }) => path)).toEqual([
      [0, 'many'],
      [0, 'rows'],
    ]);
    expect(received(encoded)).toEqual([{ many, rows }]);
    expect(encodeList(Object.values(many)).parts).toBe(NO_PARTS);
  });

  it('calls with an equal value have an equal part, whatever their other arguments', () => {
    const [first, second] = [encodeList([0, rows]), encodeList([{ rows: [...rows] }, undefined])];
    expect(first.parts[0]?.value).toEqual(second.parts[0]?.value);
  });

  it('a part that is passed again is not encoded again, unless it changed', () => {
    for (const value of [[...rows], matrix.map((row) => [...row]), new Float64Array(rows)]) {
      const memo = new PartMemo();
      const encoded = () => encodeList([value], memo).parts[0]?.value;
      const first = encoded();
      expect(encoded()).toBe(first);
      Reflect.set(value, 5, Array.isArray(value[0]) ? [1] : -1);
      const changed = encoded();
      expect(changed).toEqual(encodeList([value]).parts[0]?.value);
      expect(changed).not.toEqual(first);
      expect(encoded()).toBe(changed);
    }
  });

  it('an object whose keys change their order is encoded again', () => {
    const memo = new PartMemo();
    const changing: Record<string, unknown> = { first: 1, ...table };
    encodeList([changing], memo);
    const { first: _, ...rest } = changing;
    delete changing['first'];
    changing['first'] = 1;
    expect(encodeList([changing], memo).parts).toEqual(encodeList([{ ...rest, first: 1 }]).parts);
  });
});
