import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { StepFailedError } from '../../src/sdk/errors.ts';
import { anchors, ROOT, read, tableRows } from './markdown.ts';

const CLASS = /(abstract )?class (\w+) extends (\w+)/g;

const sources = ['src', 'lib', 'lambda'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((entry) => entry.endsWith('.ts'))
    .map((entry) => readFileSync(join(ROOT, folder, entry), 'utf8')),
);

/** The error classes below HeadraceError of which there are instances. */
function errorClasses(): readonly string[] {
  const parents = new Map<string, string>();
  const abstract = new Set<string>();
  for (const text of sources) {
    for (const [, isAbstract, name = '', parent = ''] of text.matchAll(CLASS)) {
      parents.set(name, parent);
      if (isAbstract !== undefined) abstract.add(name);
    }
  }
  const isError = (name: string | undefined): boolean =>
    name !== undefined && (name === 'HeadraceError' || isError(parents.get(name)));
  return [...parents.keys()].filter((name) => isError(name) && !abstract.has(name)).sort();
}

const page = read('docs/errors.md');
const rows = tableRows(page);
const nameOf = (cell: string): string => /`(\w+)`/.exec(cell)?.[1] ?? cell;

describe('docs/errors.md', () => {
  it('has exactly one row for each error class, and for nothing else', () => {
    const classes = errorClasses();
    expect(classes.length).toBeGreaterThan(80);
    expect(rows.map(([name = '']) => nameOf(name)).sort()).toEqual(classes);
  });

  it('names the cause and the remedy of each error', () => {
    for (const [name = '', cause, remedy, ...rest] of rows) {
      expect(cause, `the cause of ${name}`).toMatch(/\w{3}/);
      expect(remedy, `the remedy of ${name}`).toMatch(/\w{3}/);
      expect(rest, `the cells of ${name}`).toEqual([]);
    }
  });

  it('has the anchor that each error prints', () => {
    const error = new StepFailedError('train', 1, new Error('no data'));
    expect(error.docs).toBe('headrace/docs/errors.md#stepfailederror');
    expect(inspect(error)).toContain("docs: 'headrace/docs/errors.md#stepfailederror'");
    const known = anchors(page);
    for (const name of errorClasses()) expect(known).toContain(name.toLowerCase());
  });

  it('is addressed by the name of the class, also where a class states its name', () => {
    const stated = sources.flatMap((text) =>
      text
        .split(/(?=\bclass \w+ extends )/)
        .map((part) =>
          /^class (\w+) extends .*?get name\(\): string \{\s*return '(\w+)'/s.exec(part),
        ),
    );
    const found = stated.filter((match) => match !== null);
    expect(found.length).toBeGreaterThan(20);
    for (const [, name, statedName] of found) expect(statedName).toBe(name);
  });
});
