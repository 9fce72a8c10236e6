import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codeBlocks, ROOT, read } from './markdown.ts';

/** Folders of `src`, relative to the root. */
const folders = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).replaceAll('\\', '/'))
  .sort();

/** The folders in the layout of docs/design.md: a tree with two blanks per level. */
function layoutFolders(): readonly string[] {
  const tree = codeBlocks(read('docs/design.md')).find(({ text }) => /^src\/$/m.test(text));
  const path: string[] = [];
  return (tree?.text ?? '').split('\n').flatMap((line) => {
    const [, indent = '', name] = /^( *)([\w-]+)\//.exec(line) ?? [];
    if (name === undefined) return [];
    path.length = indent.length / 2;
    path.push(name);
    return [path.join('/')];
  });
}

it('the layout of docs/design.md names every folder of src', () => {
  expect(folders.filter((folder) => !layoutFolders().includes(folder))).toEqual([]);
});

it('the layout of docs/design.md names no folder of src that does not exist', () => {
  const named = layoutFolders().filter((folder) => folder.startsWith('src/'));
  expect(named.filter((folder) => !folders.includes(folder))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});
