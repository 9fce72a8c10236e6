import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { mkdir, utimes, writeFile as writeNow } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { readsNote, watchReads } from '../../../src/runner/undeclared-reads.ts';
import { folderOfTest } from './attempt.ts';

/** Writes a file that is older than the step. */
async function writeFile(file: string, text: string): Promise<void> {
  await writeNow(file, text);
  await utimes(file, 0, 0);
}

it('files of the project that a step reads are found, whichever function reads them', async () => {
  const root = await folderOfTest();
  const names = ['a.csv', 'b.csv', 'c.csv', 'd.csv', 'e.csv', 'f.csv', 'data.json'];
  for (const name of names) await writeFile(join(root, name), 'x');
  const watch = watchReads(root, []);
  try {
    fs.readFileSync(join(root, 'a.csv'));
    await fs.promises.readFile(pathToFileURL(join(root, 'b.csv')));
    for await (const _ of fs.createReadStream(join(root, 'c.csv'))) void _;
    await (await fs.promises.open(join(root, 'd.csv'))).close();
    fs.closeSync(fs.openSync(join(root, 'e.csv'), 'r'));
    await new Promise((resolve) => fs.readFile(join(root, 'f.csv'), 'utf8', resolve));
    // The binding of a module that imports the function.
    const { readFile } = await import('node:fs/promises');
    await readFile(join(root, 'data.json'));
  } finally {
    watch.stop();
  }
  expect([...watch.files]).toEqual(names);
});

it('code, packages, hidden and ignored folders, writes and other folders are no reads', async () => {
  const root = await folderOfTest();
  const outside = join(await folderOfTest(), 'x.csv');
  const files = ['node_modules/p/x.csv', '.git/x', 'home/x', 'src/a.ts', 'package.json'];
  for (const file of files) {
    await mkdir(join(root, file, '..'), { recursive: true });
    await writeFile(join(root, file), 'x');
  }
  await writeFile(outside, 'x');
  const watch = watchReads(root, [join(root, 'home')]);
  try {
    for (const file of files) fs.readFileSync(join(root, file));
    fs.readFileSync(outside);
    fs.closeSync(fs.openSync(join(root, 'written.csv'), 'w'));
    await fs.promises.writeFile(join(root, 'written.csv'), 'x');
    expect(() => fs.readFileSync(join(root, 'missing', 'x.csv'))).toThrow('ENOENT');
  } finally {
    watch.stop();
  }
  expect([...watch.files].filter((name) => !name.startsWith('missing'))).toEqual([]);
});

it('a file that was written since the step started is its output, whichever program wrote it', async () => {
  const root = await folderOfTest();
  await writeFile(join(root, 'input.csv'), 'x');
  const watch = watchReads(root, []);
  try {
    fs.writeFileSync(join(root, 'weights.json'), 'x');
    fs.readFileSync(join(root, 'weights.json'));
    execFileSync(process.execPath, ['-e', "fs.writeFileSync('child.json', 'x')"], { cwd: root });
    fs.readFileSync(join(root, 'child.json'));
    fs.readFileSync(join(root, 'input.csv'));
    fs.appendFileSync(join(root, 'input.csv'), 'y');
  } finally {
    watch.stop();
  }
  expect([...watch.files]).toEqual(['input.csv']);
});

it('a wrapped function keeps its properties, its errors and its results', async () => {
  const root = await folderOfTest();
  const original = fs.readFile;
  const watch = watchReads(root, []);
  expect(fs.readFile.length).toBe(original.length);
  expect(() => Reflect.apply(fs.readFileSync, fs, [{}])).toThrow('path');
  watch.stop();
  expect(fs.readFile).toBe(original);
});

it('the note names the first file and the number of the others', () => {
  const note = (...files: string[]) =>
    readsNote('count', { files: new Set(files), stop: () => undefined });
  expect(note()).toBeUndefined();
  expect(note('data/a.csv')).toBe(
    'step count is cached and reads data/a.csv, which is no argument: it stays cached when the file changes. Pass inputFile("data/a.csv") to it',
  );
  expect(note('a', 'b', 'c')).toContain('reads a and 2 more, which');
});
