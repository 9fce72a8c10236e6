import { expect, it } from 'vitest';
import { markdownFiles, proseLines, read } from './markdown.ts';

const MAX_COLUMNS = 100;

/** A row of a table, or a line that consists of one word (a long link), cannot be wrapped. */
const isExempt = (text: string): boolean =>
  text.startsWith('|') || !/\S\s+\S/.test(text.replace(/^\s*(?:[-*>]|\d+\.)?\s*/, ''));

it.each(markdownFiles())('the prose of %s is wrapped at 100 columns', (file) => {
  const tooLong = proseLines(read(file))
    .filter(({ text }) => text.length > MAX_COLUMNS && !isExempt(text))
    .map(({ line, text }) => `${file}:${line} has ${text.length} columns`);
  expect(tooLong).toEqual([]);
});
