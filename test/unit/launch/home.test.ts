import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findHome } from '../../../src/launch/home.ts';

function aProject(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-home-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'package.json'), '{}');
  mkdirSync(join(root, 'src/deep'), { recursive: true });
  writeFileSync(join(root, 'src/deep/main.ts'), '');
  return root;
}

describe('the home folder', () => {
  it('the home is the folder of --home, even if HEADRACE_HOME is set', () => {
    expect(findHome('here', '/elsewhere', { HEADRACE_HOME: '/env' })).toBe(resolve('here'));
  });

  it('the home is HEADRACE_HOME without --home', () => {
    expect(findHome(undefined, aProject(), { HEADRACE_HOME: '/env' })).toBe(resolve('/env'));
  });

  it('the home is .headrace in the root of the project of the file or folder', () => {
    const root = aProject();
    for (const from of [
      root,
      join(root, 'src'),
      join(root, 'src/deep/main.ts'),
      join(root, 'src/deep/missing.ts'),
    ]) {
      expect(findHome(undefined, from, {})).toBe(join(root, '.headrace'));
    }
  });

  it('an empty HEADRACE_HOME counts as unset', () => {
    const root = aProject();
    expect(findHome(undefined, root, { HEADRACE_HOME: '' })).toBe(join(root, '.headrace'));
  });
});
