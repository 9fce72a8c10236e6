import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { writeDebugBundle } from '../../../src/cli/local/debug-bundles.ts';
import { temporaryHomes } from '../local/home.ts';

const { home } = temporaryHomes();

test('the file of a debug run replaces those of processes that were killed, and no others', () => {
  const folder = home();
  const path = writeDebugBundle(folder, 'export default 1;');
  expect(readFileSync(path, 'utf8')).toBe('export default 1;');
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  const left = (id: number): string => {
    const other = join(dirname(path), basename(path).replace(`-${process.pid}.`, `-${id}.`));
    writeFileSync(other, '');
    return other;
  };
  const [ofEnded, ofLiving] = [left(pid), left(process.ppid)];
  const own = join(dirname(path), 'notes.mjs');
  writeFileSync(own, '');
  expect(writeDebugBundle(folder, 'export default 1;')).toBe(path);
  expect([ofEnded, ofLiving, own, path].map(existsSync)).toEqual([false, true, true, true]);
});
