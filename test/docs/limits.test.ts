import { describe, expect, it } from 'vitest';
import * as limits from '../../src/model/limits.ts';
import { read, tableRows } from './markdown.ts';

const rows = tableRows(read('docs/limits.md'));

/** The text of a limit in the page. */
function textOf(name: string, value: number): string {
  const number = value.toLocaleString('en-US');
  if (name.endsWith('_LENGTH')) return `${number} characters`;
  if (name.endsWith('_MS')) return `${number} ms`;
  if (!name.endsWith('_BYTES')) return number;
  return value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${number} bytes`;
}

describe('docs/limits.md', () => {
  it('lists each limit once, with its value and unit', () => {
    const stated = rows.map(([, limit, constant]) => [constant?.replaceAll('`', ''), limit]);
    const expected = Object.entries(limits).map(([name, value]) => [name, textOf(name, value)]);
    expect(stated.sort()).toEqual(expected.sort());
  });
});
