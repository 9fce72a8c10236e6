import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { execute, ROOT, temporaryFolder } from './headrace.ts';
import { install, NPM, pack } from './packed.ts';

const TIMEOUT_MS = 240_000;

it('npm create headrace makes a project that runs, passes its test and compiles', {
  timeout: TIMEOUT_MS,
}, async () => {
  const folder = await temporaryFolder();
  const archives = [await pack(folder), await pack(folder, join(ROOT, 'packages/create-headrace'))];
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  await install(folder, ...archives);

  // `npm create headrace forecasts` downloads create-headrace and runs its command.
  const created = await execute('npx', ['create-headrace', 'forecasts'], { cwd: folder });
  expect(created, created.stderr).toMatchObject({ code: 0 });
  const project = join(folder, 'forecasts');
  const packageJson = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  expect(packageJson).toMatchObject({ name: 'forecasts', type: 'module' });
  expect(await readFile(join(project, '.gitignore'), 'utf8')).toContain('.headrace/\n');

  // The package is not in a registry: its archive stands for it.
  await install(project, ...archives.slice(0, 1));
  const [, change, installation, ...commands] = created.stdout
    .slice(created.stdout.indexOf('next:'))
    .trim()
    .split('\n')
    .map((line) => line.trim());
  expect([change, installation]).toEqual(['cd forecasts', 'npm install']);
  expect(commands).toEqual(['npx headrace run pipeline.ts', 'npm test']);
  for (const command of [...commands, `${NPM} run typecheck`, `${NPM} start`]) {
    const [program = '', ...args] = command.split(' ');
    const { code, stdout, stderr } = await execute(program, args, { cwd: project });
    expect(code, `${command}\n${stdout}${stderr}`).toBe(0);
  }
});

it('headrace init makes a project that runs and compiles in a package of CommonJS modules', {
  timeout: TIMEOUT_MS,
}, async () => {
  const folder = await temporaryFolder();
  const archive = await pack(folder);
  const before = { name: 'old', private: true, type: 'commonjs', scripts: { test: 'my own' } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(before));
  await install(folder, archive);
  const created = await execute('npx', ['headrace', 'init'], { cwd: folder });
  expect(created, created.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toMatchObject({
    ...before,
    scripts: { ...before.scripts, typecheck: 'tsc' },
  });
  await install(folder);
  for (const args of [
    ['headrace', 'run', 'pipeline.ts'],
    ['vitest', 'run'],
    ['tsc', '-p', '.'],
  ]) {
    const { code, stdout, stderr } = await execute('npx', args, { cwd: folder });
    expect(code, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  }
});
