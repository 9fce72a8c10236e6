import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  indexOfPosition,
  windowOf,
  withNextPage,
  withPreviousPage,
} from '../../../../../console/src/screens/run/log-window.ts';
import type { LogPageDocument } from '../../../../../src/wire/logs.ts';

type Piece = readonly [text: string, continues?: boolean];

function pageOf(pieces: readonly Piece[], from = 0): LogPageDocument {
  return {
    lines: pieces.map(([text, continues], index) => ({
      position: String(from + index),
      at: '2026-11-30T10:00:00.000Z',
      text,
      ...(continues === true ? { continues } : {}),
    })),
    next: `after ${from + pieces.length}`,
    previous: from === 0 ? null : `before ${from}`,
    hasMore: false,
    complete: false,
    size: null,
  };
}

const textsOf = (window: { readonly lines: readonly { readonly text: string }[] }) =>
  window.lines.map(({ text }) => text);

it('pages before and after a window continue it', () => {
  let window = windowOf(pageOf([['c'], ['d']], 2), true);
  window = withNextPage(window, pageOf([['e']], 4));
  window = withPreviousPage(window, pageOf([['a'], ['b']]));
  expect(textsOf(window)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(window).toMatchObject({ previous: null, next: 'after 5' });
  expect(indexOfPosition(window, '3')).toBe(3);
  expect(indexOfPosition(window, '9')).toBe(-1);
});

it('a line in pieces is one line, wherever its pages are divided', () => {
  const pieces: readonly Piece[] = [
    ['one'],
    ['a', true],
    ['b', true],
    ['c'],
    ['d', true],
    ['e'],
    ['end'],
  ];
  const whole = ['one', 'abc', 'de', 'end'];
  fc.assert(
    fc.property(fc.nat(pieces.length), fc.nat(pieces.length), (one, other) => {
      const [low = 0, high = 0] = [one, other].sort((a, b) => a - b);
      let window = windowOf(pageOf(pieces.slice(low, high), low), false);
      window = withNextPage(window, pageOf(pieces.slice(high), high));
      window = withPreviousPage(window, pageOf(pieces.slice(0, low)));
      expect(textsOf(window)).toEqual(whole);
      expect(window.lines[1]?.position).toBe('1');
    }),
  );
});

it('a page without lines changes the cursor alone', () => {
  const window = windowOf(pageOf([['a']]), false);
  const later = withNextPage(window, { ...pageOf([], 1), complete: true });
  expect(later.lines).toBe(window.lines);
  expect(later.isComplete).toBe(true);
});

it('lines at the start are dropped beyond the limit, and counted', () => {
  const window = withNextPage(
    windowOf(pageOf([['a'], ['b']]), false),
    pageOf([['c'], ['d']], 2),
    3,
  );
  expect(textsOf(window)).toEqual(['b', 'c', 'd']);
  expect(window.dropped).toBe(1);
});

it('a line of 5 MB in pieces after 200,000 lines is one line', () => {
  const lines: Piece[] = Array.from({ length: 200_000 }, (_, index) => [`line ${index}`]);
  let window = windowOf(pageOf(lines), false);
  const piece = 'x'.repeat(50_000);
  window = withNextPage(
    window,
    pageOf(
      Array.from({ length: 100 }, (_, index): Piece => [piece, index < 99]),
      200_000,
    ),
    300_000,
  );
  expect(window.lines.at(-1)?.text).toHaveLength(5_000_000);
});
