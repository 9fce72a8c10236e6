import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutLine, partsOfLine } from '../../../../console/src/format/long-lines.ts';

it('a line within the limit is shown whole', () => {
  expect(cutLine('abc', 3)).toEqual({ shown: 'abc', hidden: 0 });
});

it('a longer line is cut before a character of two code units', () => {
  expect(cutLine('ab😀c', 3)).toEqual({ shown: 'ab', hidden: 3 });
});

it('the parts of a line are the line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 9 }), (line, length) => {
      const parts = partsOfLine(line, length);
      expect(parts.join('')).toBe(line);
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(length);
    }),
  );
});
