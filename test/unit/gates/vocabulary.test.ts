import { expect, test } from 'vitest';
import { retiredWords } from '../../../scripts/vocabulary.ts';

const words = (text: string) => retiredWords('a.ts', text).map(({ line, word }) => [line, word]);

test('a retired word counts in a comment, in an identifier and in a constant', () => {
  expect(words('// nobody reads\nconst askAgain = TOLD_TWICE;\n/* Tells */')).toEqual([
    [1, 'nobody'],
    [2, 'ask'],
    [2, 'told'],
    [3, 'tells'],
  ]);
});

test('a word that only contains a retired word does not count', () => {
  expect(words('task, essays, foretold, peoples, beginner, napkin')).toEqual([]);
});
