import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countOf,
  oneOf,
  parseSearch,
  someOf,
  stringifySearch,
  textOf,
} from '../../../console/src/address/search.ts';

describe('search parameters of the console', () => {
  it('any texts and lists survive an address', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    const text = fc.string({ unit: 'grapheme' });
    const value = fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 4 }));
    fc.assert(
      fc.property(fc.dictionary(name, value), (search) => {
        expect(parseSearch(stringifySearch(search))).toEqual({ ...search });
      }),
    );
  });

  it('a repeated parameter is a list, and colons, commas and slashes stay readable', () => {
    expect(
      stringifySearch({ status: ['failed', 'aborted'], q: 'tag:a/b, c', none: undefined }),
    ).toBe('?status=failed&status=aborted&q=tag:a/b,+c');
  });

  it('a value that is not one of the known ones is dropped', () => {
    expect(oneOf('graph', ['graph', 'logs'])).toBe('graph');
    expect(oneOf('other', ['graph', 'logs'])).toBeUndefined();
    expect(someOf(['b', 'x', 'a', 'b'], ['a', 'b'])).toEqual(['a', 'b']);
    expect(textOf(['first', 'last'])).toBe('last');
    expect([countOf('12'), countOf('-1'), countOf('1e3'), countOf('')]).toEqual([
      12,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
