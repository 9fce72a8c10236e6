import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  dockerFinding,
  engineFinding,
  freeSpaceFinding,
  homeFindings,
  nodeFinding,
} from '../../../src/cli/doctor/machine-findings.ts';
import { projectFindings } from '../../../src/cli/doctor/project-findings.ts';

/** A folder with these files. */
function aFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-doctor-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

const GOOD = {
  'package.json': '{ "type": "module" }',
  'node_modules/headrace/package.json': '{ "name": "headrace", "version": "0.1.0" }',
};

const statuses = (folder: string) =>
  projectFindings(folder).map(({ subject, status }) => [subject, status]);

it('Node.js that is older than the package accepts must be repaired', () => {
  expect(nodeFinding('20.18.9').status).toBe('fail');
  expect(nodeFinding('20.19.0').status).toBe('ok');
  expect(nodeFinding('22.1.0').status).toBe('ok');
});

it('a home that does not exist is accepted if it can be created, and is not created', async () => {
  const home = join(aFolder(), 'deep', '.headrace');
  const [found] = await homeFindings(home);
  expect(found).toMatchObject({ status: 'ok', value: `${home} (the first run creates it)` });
  expect((await homeFindings(home))[0]?.value).toContain('creates it');
});

it('a home in a place that is no folder must be repaired', async () => {
  const folder = aFolder({ file: '' });
  expect((await homeFindings(join(folder, 'file')))[0]).toMatchObject({ status: 'fail' });
});

it('little free space is reported', () => {
  expect(freeSpaceFinding(10 * 1024 ** 3).status).toBe('ok');
  expect(freeSpaceFinding(1024 ** 3)).toMatchObject({ status: 'warn' });
  expect(freeSpaceFinding(1024 ** 2)).toMatchObject({ status: 'fail' });
});

it('the engine starts on a temporary home', async () => {
  expect(await engineFinding()).toMatchObject({ status: 'ok' });
});

it('no Docker engine is no fault', async () => {
  expect(await dockerFinding('no-such-command')).toMatchObject({
    status: 'ok',
    value: 'no engine is available; steps run without one',
  });
});

it('a project as headrace init makes it has no faults, with comments in its tsconfig.json', () => {
  const folder = aFolder({
    ...GOOD,
    'tsconfig.json':
      '{ // strict\n "extends": "./base.json", "compilerOptions": { "strict": true, } }',
    'base.json': '{ "compilerOptions": { "module": "NodeNext" } }',
  });
  expect(statuses(folder)).toEqual([
    ['package.json', 'ok'],
    ['tsconfig.json', 'ok'],
    ['headrace', 'ok'],
  ]);
  expect(statuses(join(folder, 'node_modules'))).toContainEqual(['package.json', 'ok']);
});

it.each([
  ['{ "compilerOptions": { "module": "commonjs", "strict": true } }', 'fail'],
  ['{ "compilerOptions": { "moduleResolution": "node", "strict": true } }', 'fail'],
  [
    '{ "compilerOptions": { "module": "commonjs", "moduleResolution": "bundler", "strict": true } }',
    'ok',
  ],
  ['{ "compilerOptions": { "module": "nodenext" } }', 'warn'],
  ['{ "compilerOptions": ', 'fail'],
])('the tsconfig.json %s has the status %s', (text, status) => {
  const folder = aFolder({ ...GOOD, 'tsconfig.json': text });
  expect(statuses(folder)).toContainEqual(['tsconfig.json', status]);
});

it.each([
  ['{ "type": "modul" }', 'fail'],
  ['{', 'fail'],
  ['{}', 'ok'],
])('the package.json %s has the status %s', (text, status) => {
  expect(statuses(aFolder({ ...GOOD, 'package.json': text }))[0]).toEqual(['package.json', status]);
});

it('two copies of headrace are reported with their folders', () => {
  const folder = aFolder({
    ...GOOD,
    'packages/a/package.json': '{}',
    'packages/a/node_modules/headrace/package.json': '{ "name": "headrace", "version": "0.0.9" }',
  });
  const found = projectFindings(join(folder, 'packages/a')).at(-1);
  expect(found).toMatchObject({ subject: 'headrace', status: 'warn' });
  expect(found?.value).toContain('0.0.9 in ');
  expect(found?.value).toContain('0.1.0 in ');
});

it('a project without headrace, and a folder without a project are reported', () => {
  expect(statuses(aFolder({ 'package.json': '{}' })).at(-1)).toEqual(['headrace', 'warn']);
  expect(statuses(aFolder())[0]).toEqual(['package.json', 'warn']);
});
