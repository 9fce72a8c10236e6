import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMPONENT_OPTIONS, PIPELINE_OPTIONS } from '../../src/model/option-table.ts';
import { proseLines, ROOT, read, tableRows } from './markdown.ts';

const PAGE = 'docs/clearml-promises.md';

interface NamedTest {
  readonly title: string;
  readonly file: string;
}

/** The links to tests: their text is the title of a test, or of a program of the suite of modes. */
const testsOf = (text: string): readonly NamedTest[] =>
  [...text.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, title = '', file = '']) => ({
    title,
    file,
  }));

/** Why a page may not name this test; undefined if the file has a text that is its title. */
function problem({ title, file }: NamedTest): string | undefined {
  if (!existsSync(join(ROOT, file))) return `${file} does not exist`;
  const source = read(file);
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => source.includes(quoted))
    ? undefined
    : `${file} has no test "${title}"`;
}

describe('docs/clearml-promises.md', () => {
  it('every test that the page names exists', () => {
    const tests = proseLines(read(PAGE)).flatMap(({ text }) => testsOf(text));
    expect(tests.length).toBeGreaterThan(50);
    expect(tests.map(problem).filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('every promise has a test', () => {
    const unproven = tableRows(read(PAGE))
      .filter((cells) => cells.length === 3 && testsOf(cells[2] ?? '').length === 0)
      .map(([promise]) => promise);
    expect(unproven).toEqual([]);
  });

  it('a title that is not in the file, and a missing file, are problems', () => {
    const file = 'test/docs/markdown.ts';
    expect(problem({ title: 'no such title', file })).toContain('has no test');
    expect(problem({ title: 'x', file: 'test/none.test.ts' })).toContain('does not exist');
  });
});

it('every option of Headrace is in docs/coming-from-clearml.md', () => {
  const page = read('docs/coming-from-clearml.md');
  const options = Object.keys({ ...COMPONENT_OPTIONS, ...PIPELINE_OPTIONS });
  expect(options.filter((option) => !page.includes(`\`${option}\``))).toEqual([]);
});
