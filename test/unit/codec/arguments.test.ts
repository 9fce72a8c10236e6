import { describe, expect, it } from 'vitest';
import {
  decode,
  encodeArguments,
  type LazyTarget,
  placeRefs,
  UnserializableValueError,
} from '../../../src/codec/index.ts';

class Lazy {
  constructor(readonly target: LazyTarget) {}
}
const lazy = (call: number, value: number | null = null) =>
  new Lazy({ call, value, key: `key${call}` });
const lazyOf = (value: object) => (value instanceof Lazy ? value.target : undefined);

describe('arguments of a call', () => {
  it('arguments without Lazies are encoded as their JSON text', () => {
    const encoded = encodeArguments([1, { a: 'x' }], lazyOf);
    expect(encoded).toEqual({
      data: { format: 'json', text: '[1,{"a":"x"}]' },
      parts: [],
      refs: [],
      digestText: '[1,{"a":"x"}]',
    });
  });

  it('a Lazy becomes null and a reference, which is replaced by a value', () => {
    const args = [lazy(3), { rows: [1, lazy(4, 1)], 'a b': { deep: lazy(5) } }];
    const encoded = encodeArguments(args, lazyOf);
    expect(encoded.data).toEqual({
      format: 'json',
      text: '[null,{"rows":[1,null],"a b":{"deep":null}}]',
    });
    expect(encoded.refs).toEqual([
      { path: [0], call: 3, value: null },
      { path: [1, 'rows', 1], call: 4, value: 1 },
      { path: [1, 'a b', 'deep'], call: 5, value: null },
    ]);
    const placed = placeRefs(
      decode(encoded.data) as unknown[],
      encoded.refs.map(({ path, call }) => ({ path, value: `value of ${call}` })),
    );
    expect(placed).toEqual([
      'value of 3',
      { rows: [1, 'value of 4'], 'a b': { deep: 'value of 5' } },
    ]);
    expect(args[0]).toBeInstanceOf(Lazy);
  });

  it('Lazies may be beside values that JSON cannot represent', () => {
    const encoded = encodeArguments(
      [undefined, { m: new Map([[1, -0]]), of: [lazy(0)], ['__proto__']: lazy(1) }],
      lazyOf,
    );
    expect(encoded.data.format).toBe('cbor');
    const placed = placeRefs(
      decode(encoded.data) as unknown[],
      encoded.refs.map(({ path, call }) => ({ path, value: call })),
    );
    expect(placed).toStrictEqual([undefined, { m: new Map([[1, -0]]), of: [0], ['__proto__']: 1 }]);
  });

  it('the digest depends on the key and path of a Lazy, not on its call number', () => {
    const digest = (...args: unknown[]) => encodeArguments(args, lazyOf).digestText;
    const other = new Lazy({ call: 99, value: null, key: 'key3' });
    expect(digest(lazy(3), 1)).toBe(digest(other, 1));
    expect(
      new Set([
        digest(lazy(3), 1),
        digest(lazy(4), 1),
        digest(lazy(3, 0), 1),
        digest(null, 1),
        digest(1, lazy(3)),
        digest(undefined, 1),
      ]).size,
    ).toBe(6);
  });

  it('errors name the parameter and the path in it', () => {
    expect(() =>
      encodeArguments([1, { deep: [{ here: () => 1 }] }], lazyOf, ['n', 'options']),
    ).toThrow(/^options\.deep\[0\]\.here cannot be passed/);
    expect(() => encodeArguments([() => 1], lazyOf)).toThrow(
      /^\["arguments\[0\]"\]|^arguments\[0\] cannot be passed/,
    );
    expect(() => encodeArguments([new Set([lazy(1)])], lazyOf, ['things'])).toThrow(
      UnserializableValueError,
    );
    expect(() => encodeArguments([{ m: new Map([['k', lazy(1)]]) }], lazyOf, ['things'])).toThrow(
      /^things\.m\.k .*a Lazy inside a Map or a Set/,
    );
  });
});
