import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Package } from '../../../src/model/code.ts';
import { providePackages } from '../../../src/runner/container/packages.ts';
import { startRegistry } from '../../aws/runner/registry.ts';

const code = '';

/** Installs packages from a registry that has newer versions than the requested ones. */
async function install(packages: readonly Package[]): Promise<(path: string) => Promise<unknown>> {
  const registry = await startRegistry([
    { name: 'a', version: '1.0.0', code, dependencies: { b: '^1', c: '^1' } },
    { name: 'b', version: '1.0.0', code, dependencies: { d: '^1' } },
    { name: 'b', version: '1.9.0', code, dependencies: { d: '^1' } },
    { name: 'c', version: '1.0.0', code, dependencies: { d: '^2' } },
    ...['1.0.0', '1.9.0', '2.0.0', '2.9.0'].map((version) => ({ name: 'd', version, code })),
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'headrace-packages-'));
  onTestFinished(async () => {
    await registry.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const home = await providePackages(packages, join(folder, 'cache'), {
    cwd: folder,
    env: { ...process.env, ...registry.variables, NODE_PATH: '', HOME: folder },
    signal: AbortSignal.timeout(60_000),
  });
  return async (path) =>
    JSON.parse(await readFile(join(home, 'node_modules', path, 'package.json'), 'utf8')).version;
}

it('a container installs the versions behind a package that the cache key has', async () => {
  const versionOf = await install([
    {
      name: 'a',
      version: '1.0.0',
      dependencies: { b: '1.0.0', 'b@1.0.0>d': '1.0.0', c: '1.0.0', 'c@1.0.0>d': '2.0.0' },
    },
  ]);
  expect(await versionOf('b')).toBe('1.0.0');
  const [hoisted, nested] = await Promise.all([
    versionOf('d'),
    versionOf('c/node_modules/d').catch(() => versionOf('b/node_modules/d')),
  ]);
  expect([hoisted, nested].sort()).toEqual(['1.0.0', '2.0.0']);
});

it('a container may install two packages that need different versions of a third', async () => {
  const versionOf = await install([
    { name: 'b', version: '1.0.0', dependencies: { d: '1.0.0' } },
    { name: 'c', version: '1.0.0', dependencies: { d: '2.0.0' } },
    { name: 'd', version: '2.9.0' },
  ]);
  expect(await versionOf('d')).toBe('2.9.0');
  expect(await versionOf('b/node_modules/d')).toBe('1.0.0');
  expect(await versionOf('c/node_modules/d')).toBe('2.0.0');
});
