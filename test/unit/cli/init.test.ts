import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DEV_DEPENDENCIES, withAdditions } from '../../../src/cli/init/package-json.ts';
import { packageManagerOf } from '../../../src/cli/init/package-manager.ts';
import { writeProject } from '../../../src/cli/init/project-files.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'headrace-init-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const npm = packageManagerOf('/', {});

it('a second init changes no file and names each of them', async () => {
  const project = folder();
  const first = await writeProject(project, npm, []);
  expect(first.files.map(({ outcome }) => outcome)).toEqual(first.files.map(() => 'created'));
  const texts = () =>
    first.files.map(({ path }) => [path, readFileSync(join(project, path), 'utf8')]);
  const before = texts();
  const second = await writeProject(project, npm, []);
  expect(second.files.map(({ path, outcome }) => `${path} ${outcome}`)).toEqual(
    first.files.map(({ path }) => `${path} kept`),
  );
  expect(texts()).toEqual(before);
});

it('init keeps existing files with other content, and replaces only those that are named', async () => {
  const project = folder();
  mkdirSync(join(project, 'data'));
  for (const path of ['tsconfig.json', 'pipeline.ts', 'data/houses.csv'])
    writeFileSync(join(project, path), 'mine');
  const { files } = await writeProject(project, npm, ['./pipeline.ts']);
  const outcomes = Object.fromEntries(files.map(({ path, outcome }) => [path, outcome]));
  expect(outcomes).toMatchObject({
    'tsconfig.json': 'kept',
    'data/houses.csv': 'kept',
    'pipeline.ts': 'overwritten',
  });
  expect(readFileSync(join(project, 'tsconfig.json'), 'utf8')).toBe('mine');
  expect(readFileSync(join(project, 'data/houses.csv'), 'utf8')).toBe('mine');
  expect(readFileSync(join(project, 'pipeline.ts'), 'utf8')).not.toBe('mine');
});

it('a name of --overwrite that is no file of the project is refused before anything is written', async () => {
  const project = folder();
  await expect(writeProject(project, npm, ['tsconfg.json'])).rejects.toThrow(
    'the project has no such file; there are .gitignore, data/houses.csv',
  );
  expect(readdirSync(project)).toEqual([]);
});

it('.gitignore gets the missing lines, in whatever form the others are written', async () => {
  const project = folder();
  writeFileSync(join(project, '.gitignore'), '/node_modules\n*.log');
  const { files } = await writeProject(project, npm, []);
  expect(files.find(({ path }) => path === '.gitignore')).toEqual({
    path: '.gitignore',
    outcome: 'changed',
    added: ['.headrace/'],
  });
  expect(readFileSync(join(project, '.gitignore'), 'utf8')).toBe(
    '/node_modules\n*.log\n.headrace/\n',
  );
});

it('package.json keeps its values and indentation, and the placeholder of npm init is no test', () => {
  const text = `{\n\t"name": "a",\n\t"scripts": {\n\t\t"test": "echo \\"Error: no test specified\\" && exit 1",\n\t\t"start": "mine"\n\t},\n\t"devDependencies": { "vitest": "3.0.0" }\n}`;
  const { text: result, added } = withAdditions(text, 'package.json', false);
  expect(JSON.parse(result)).toMatchObject({
    name: 'a',
    type: 'module',
    scripts: { test: 'vitest run', start: 'mine', typecheck: 'tsc' },
    devDependencies: { vitest: '3.0.0' },
  });
  expect(added).toContain('scripts.test');
  expect(added).not.toContain('scripts.start');
  expect(result).toContain('\n\t"name"');
});

it('the format of existing JavaScript files is not changed', () => {
  const { text, notes } = withAdditions('{}', 'package.json', true);
  expect(JSON.parse(text)).not.toHaveProperty('type');
  expect(notes).toEqual([expect.stringContaining('"type": "module"')]);
});

it('a package.json that cannot be read is an error of usage that names the file', () => {
  for (const text of ['{', '[]', '{ "scripts": 1 }'])
    expect(() => withAdditions(text, 'x/package.json', false)).toThrow(
      'x/package.json is not the package.json of a project',
    );
});

it.each([
  ['pnpm-lock.yaml', '', 'pnpm'],
  ['yarn.lock', '', 'yarn'],
  ['package-lock.json', '', 'npm'],
  ['package.json', '{ "packageManager": "yarn@4.0.0" }', 'yarn'],
])('the package manager of a folder below %s is %s%s', (file, text, name) => {
  const root = folder();
  writeFileSync(join(root, file), text);
  const member = join(root, 'packages/a');
  mkdirSync(member, { recursive: true });
  expect(packageManagerOf(member, { npm_config_user_agent: 'bun/1' }).name).toBe(name);
});

it('without a lock file, the package manager that started the process is used', () => {
  const path = folder();
  expect(packageManagerOf(path, { npm_config_user_agent: 'pnpm/10.1.0 npm/?' }).name).toBe('pnpm');
  expect(packageManagerOf(path, {}).name).toBe('npm');
});

it('pnpm and yarn get the settings without which the packages do not work', async () => {
  for (const [agent, file, line] of [
    ['pnpm/10', 'pnpm-workspace.yaml', '  esbuild: true'],
    ['yarn/4', '.yarnrc.yml', 'nodeLinker: node-modules'],
  ] as const) {
    const path = folder();
    const manager = packageManagerOf(path, { npm_config_user_agent: agent });
    await writeProject(path, manager, []);
    expect(readFileSync(join(path, file), 'utf8').split('\n')).toContain(line);
  }
});

it('the versions of a new project are those that Headrace is tested with', () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const [name, range] of Object.entries(DEV_DEPENDENCIES))
    expect(range).toBe(`^${devDependencies[name]}`);
});

it('create-headrace has the version of Headrace and depends on exactly that', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(JSON.parse(readFileSync('packages/create-headrace/package.json', 'utf8'))).toMatchObject({
    version,
    dependencies: { headrace: version },
  });
});
