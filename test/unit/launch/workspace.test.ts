import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findHome } from '../../../src/launch/home.ts';

/** A folder with these files. */
function folder(files: Readonly<Record<string, string | object>>): string {
  const root = mkdtempSync(join(tmpdir(), 'headrace-workspace-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(
      join(root, path),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
  return root;
}

const homeOf = (root: string, path: string): string =>
  findHome(undefined, join(root, path), {}).slice(root.length + 1);

it.each([
  ['npm', { 'package.json': { workspaces: ['pkgs/*'] } }],
  ['yarn 1', { 'package.json': { workspaces: { packages: ['./pkgs/*/'] } }, 'yarn.lock': '' }],
  [
    'yarn with node_modules',
    {
      'package.json': { workspaces: ['pkgs/*'] },
      '.yarnrc.yml': 'nodeLinker: node-modules\n',
      'yarn.lock': '',
    },
  ],
  ['npm with a deep pattern', { 'package.json': { workspaces: ['**'] } }],
  ['npm with alternatives', { 'package.json': { workspaces: ['{apps,pkgs}/*'] } }],
  ['npm with a named member', { 'package.json': { workspaces: ['pkgs/a'] } }],
  ['pnpm', { 'package.json': {}, 'pnpm-workspace.yaml': "packages:\n  # all\n  - 'pkgs/*'\n" }],
  ['pnpm in flow style', { 'package.json': {}, 'pnpm-workspace.yaml': 'packages: ["pkgs/*"]\n' }],
  ['pnpm without indentation', { 'pnpm-workspace.yaml': 'packages:\n- pkgs/**\nx: 1\n' }],
])('the members of a workspace of %s have the home of the workspace', (_, root) => {
  const path = folder({ ...root, 'pkgs/a/package.json': {}, 'pkgs/a/src/x.ts': '' });
  for (const from of ['pkgs/a/src/x.ts', 'pkgs/a/src', 'pkgs/a', '.'])
    expect(homeOf(path, from), from).toBe('.headrace');
});

it.each([
  ['no workspace is declared', { 'package.json': {} }],
  ['no pattern names it', { 'package.json': { workspaces: ['apps/*', 'pkgs'] } }],
  ['a pattern excludes it', { 'package.json': { workspaces: ['pkgs/*', '!pkgs/a'] } }],
  ['the file of pnpm has settings only', { 'pnpm-workspace.yaml': 'allowBuilds:\n  a: true\n' }],
  ['the root cannot be read', { 'package.json': '{' }],
])('a package has a home of its own if %s', (_, root) => {
  const path = folder({ ...root, 'pkgs/a/package.json': {} });
  expect(homeOf(path, 'pkgs/a')).toBe('pkgs/a/.headrace');
});

it('a workspace inside of a workspace has the home of the outer one', () => {
  const path = folder({
    'package.json': { workspaces: ['apps/*'] },
    'apps/one/package.json': { workspaces: ['parts/*'] },
    'apps/one/parts/two/package.json': {},
  });
  expect(homeOf(path, 'apps/one/parts/two')).toBe('.headrace');
});
