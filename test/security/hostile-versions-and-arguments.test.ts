/**
 * Numbers of versions, arguments, and names of projects and artifacts that are chosen to hurt the
 * registry, the records or the file system.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { aProject, type Project } from '../e2e/cli.ts';

vi.setConfig({ testTimeout: 90_000 });

const versioned = (version: string, result = 1): string => `
import { pipeline } from 'headrace';
export const main = pipeline({ name: 'main', project: 'tests', version: ${JSON.stringify(version)} }, async () => ${result});
`;

describe('version numbers', () => {
  test.each([
    ['a timestamp above the safe integers', '1.0.20261128123456789'],
    ['the first number above the safe integers', '9007199254740993'],
    ['30 digits', '9'.repeat(30)],
    ['400 digits', '9'.repeat(400)],
    ['an exponent', '1e9'],
    ['a path', '../../1'],
    ['text of a shell', '$(id)'],
  ])('%s is refused with a sentence before anything is written', async (_what, version) => {
    const project = await aProject({ 'main.ts': versioned(version) });
    const { code, stdout, stderr } = await project.cli('run', 'main.ts');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .*version/);
  });

  test('the highest version with other code is refused, and the store is free for other commands', async () => {
    const highest = '999999999.999999999.999999999';
    const project = await aProject({ 'main.ts': versioned(highest) });
    expect((await project.cli('run', 'main.ts')).code).toBe(0);
    await project.write('main.ts', versioned(highest, 2));
    const { code, stderr } = await project.cli('run', 'main.ts');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^error: /);
    expect(await project.cli('runs', 'list')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('arguments', () => {
  test('__proto__ as an argument, or in one, changes no object', async () => {
    const project = await aProject({
      'main.ts': `
import { component, pipeline } from 'headrace';
const look = component({}, (options: any) => [Object.keys(options), (({}) as any).polluted ?? null]);
export const main = pipeline({ name: 'main', project: 'tests' }, async (options: object = {}) => await look(options));
`,
    });
    const hostile =
      '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}';
    const inside = await project.cli('run', 'main.ts', '--arg', `options=${hostile}`, '--json');
    if (inside.code === 0) expect(JSON.parse(inside.stdout).result[1]).toBeNull();
    else expect(inside.stderr).toMatch(/^error: .*__proto__/);
    const { code, stderr } = await project.cli('run', 'main.ts', '--arg', '__proto__={"a":1}');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('__proto__') });
  });
});

/** Paths of files below the folder, without those of the project itself. */
const filesOf = ({ folder }: Project): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));

describe('names', () => {
  test.each(['..', '../../x', 'a/../b', '/etc', 'a//b', 'a\\b', 'a\0b', '.', ''])(
    'a project called %j is refused',
    async (name) => {
      const project = await aProject({
        'main.ts': `import { pipeline } from 'headrace';\nexport const main = pipeline({ name: 'main', project: ${JSON.stringify(name)} }, async () => 1);`,
      });
      const { code, stdout, stderr } = await project.cli('run', 'main.ts');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^error: .*project/);
    },
  );

  test('an odd name of an artifact is refused, or names one file inside the home', async () => {
    const names = [
      '..',
      '.',
      '../../../escaped',
      '/tmp/escaped',
      'a/../../escaped',
      '....//escaped',
      '%2e%2e%2fescaped',
      'a\u0000b',
      'a\nb',
      'CON',
      'aux.txt',
      'e\u0301',
      '\u202etxt.exe',
      'x'.repeat(5_000),
      '__proto__',
      'constructor',
    ];
    const project = await aProject({
      'main.ts': `
import { component, currentStep, pipeline } from 'headrace';
const store = component({}, async (names: string[]) => {
  const refused: string[] = [];
  for (const name of names)
    await currentStep().uploadArtifact(name, 'x'.repeat(10_000)).catch(() => void refused.push(name));
  return refused.length;
});
export const main = pipeline({ name: 'main', project: 'tests' }, async () => await store(${JSON.stringify(names)}));
`,
    });
    const { code, run } = await project.json('run', 'main.ts');
    expect(code).toBe(0);
    const stored = run.steps[0]?.artifacts.map(({ name }) => name) ?? [];
    expect(stored).toEqual(expect.arrayContaining(['..', '../../../escaped', '__proto__']));
    const outside = filesOf(project).filter((path) => !path.startsWith('.headrace/'));
    expect(outside.sort()).toEqual(['main.ts', 'package.json']);
    const objects = filesOf(project).filter((path) => path.includes('/artifacts/'));
    expect(objects.length).toBeGreaterThanOrEqual(stored.length - 1);
    expect(
      await project.cli('artifacts', 'get', 'latest', 'store', '../../../escaped'),
    ).toMatchObject({ code: 0, stderr: '' });
    expect(
      filesOf(project)
        .filter((path) => !path.startsWith('.headrace/'))
        .sort(),
    ).toEqual(['main.ts', 'package.json']);
  });
});
