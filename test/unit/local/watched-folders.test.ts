import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchedFolders } from '../../../src/local/watched-folders.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-inbox-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('the files directly in a folder have their address and the time at which they were written', async () => {
  const before = Date.now() - 1000;
  await writeFile(join(folder, 'a b.csv'), 'x');
  await writeFile(join(folder, '.part'), 'x');
  await mkdir(join(folder, 'below'));
  const [file, ...others] = await watchedFolders.files(folder);
  expect(others).toEqual([]);
  expect(file).toMatchObject({
    folder,
    key: 'a b.csv',
    address: pathToFileURL(join(folder, 'a b.csv')).href,
  });
  expect(file?.at).toBeGreaterThan(before);
});

it('an old file that is moved to the folder is new', async () => {
  const path = join(folder, '.old');
  await writeFile(path, 'x');
  await utimes(path, 1000, 1000);
  const before = Date.now() - 1000;
  await rename(path, join(folder, 'old'));
  expect((await watchedFolders.files(folder))[0]?.at).toBeGreaterThan(before);
});

it('a folder that does not exist has no files', async () => {
  expect(await watchedFolders.files(join(folder, 'missing'))).toEqual([]);
});
