import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StepFailedError } from '../../src/sdk/errors.ts';
import { anchors, ROOT, read, tableRows } from './markdown.ts';

const CLASS = /(abstract )?class (\w+) extends (\w+)/g;

/** The error classes below HeadraceError of which there are instances. */
function errorClasses(): readonly string[] {
  const parents = new Map<string, string>();
  const abstract = new Set<string>();
  for (const folder of ['src', 'lib', 'lambda']) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.ts')) continue;
      const text = readFileSync(join(ROOT, folder, entry), 'utf8');
      for (const [, isAbstract, name = '', parent = ''] of text.matchAll(CLASS)) {
        parents.set(name, parent);
        if (isAbstract !== undefined) abstract.add(name);
      }
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
    const { docs } = new StepFailedError('train', 1, new Error('no data'));
    expect(docs).toBe('headrace/docs/errors.md#stepfailederror');
    const known = anchors(page);
    for (const name of errorClasses()) expect(known).toContain(name.toLowerCase());
  });
});
