import { describe, expect, it } from 'vitest';
import { clip, formatDuration, formatSize, formatTable } from '../../../src/view/format.ts';

describe('durations', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 m 00 s'],
    [125_000, '2 m 05 s'],
    [3_599_600, '1 h 00 m'],
    [7_500_000, '2 h 05 m'],
  ])('the duration %d ms is formatted as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_960, '100 kB'],
    [999_600, '1.0 MB'],
    [500_000_000, '500 MB'],
  ])('the size of %d bytes is formatted as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('tables', () => {
  it('a table has columns as wide as their content, and no blanks at the end', () => {
    const lines = formatTable(
      [
        { a: 'long name', b: '' },
        { a: 'x', b: 'y' },
      ],
      [
        { title: 'a', value: (row) => row.a },
        { title: 'bb', value: (row) => row.b },
      ],
      (title) => title,
    );
    expect(lines).toEqual(['a          bb', 'long name', 'x          y']);
  });
});

describe('clipping', () => {
  it.each([
    ['short', 5, 'short'],
    ['a bit longer', 5, 'a bi…'],
    [' on\n two  lines ', 20, 'on two lines'],
    ['x', 0, '…'],
  ])('%j is clipped to %d columns', (text, width, clipped) => {
    expect(clip(text, width)).toBe(clipped);
  });
});
