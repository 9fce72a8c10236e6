import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { execute } from '../../../src/cli/main.ts';
import { capturedOutput } from '../../support/captured-output.ts';

// The bundler and the evaluator are loaded and run in this process.
vi.setConfig({ testTimeout: 60_000 });

const GOOD = `
import { component, pipeline } from 'headrace';
export const double = component({}, (n: number) => n * 2);
export const main = pipeline({ name: 'double', project: 'tests', argsMap: { General: ['n'] } }, async (n: number, mode: 'fast' | 'slow' = 'fast') => await double(n));
`;

const declared = (options: string): string => `
import { component, pipeline } from 'headrace';
export const one = component({}, () => 1);
export const main = pipeline(${options}, () => one());
`;

/**
 * Runs the command in this process, with these files in a project; `FOLDER` in a word is its
 * folder.
 */
async function headrace(words: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-usage-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const { output, printed } = capturedOutput();
  const code = await execute(
    ['node', 'headrace', ...words.map((word) => word.replace('FOLDER', folder))],
    output,
  );
  return { code, ...printed };
}

describe('invalid input is rejected with exit code 2 and one sentence that names it', () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    ['no such file', GOOD, ['run', 'FOLDER/nope.ts'], ['nope.ts', 'no such file']],
    ['a syntax error', 'export const = 3;', ['run', 'FOLDER/main.ts'], ['main.ts:1:']],
    ['no pipeline', 'export const a = 1;', ['run', 'FOLDER/main.ts'], ['main.ts', 'no pipeline']],
    [
      'several pipelines',
      `${GOOD}export const other = pipeline({ name: 'other' }, () => 1);`,
      ['run', 'FOLDER/main.ts', '--arg', 'n=1'],
      ['main.ts', 'main, other', '--pipeline'],
    ],
    [
      'an unknown pipeline',
      GOOD,
      ['run', 'FOLDER/main.ts', '--pipeline', 'nope', '--arg', 'n=1'],
      ['"nope"', 'main'],
    ],
    [
      'an unknown argument',
      GOOD,
      ['run', 'FOLDER/main.ts', '--arg', 'n=1', '--arg', 'm=1'],
      ['"m"', 'n, mode'],
    ],
    ['a missing argument', GOOD, ['run', 'FOLDER/main.ts'], ['argument n is missing', 'number']],
    [
      'an argument of another type',
      GOOD,
      ['run', 'FOLDER/main.ts', '--arg', 'n=many'],
      ['argument n', 'expected number', '"many"'],
    ],
    [
      'another literal',
      GOOD,
      ['run', 'FOLDER/main.ts', '--arg', 'n=1', '--arg', 'mode=medium'],
      ['argument mode', '"fast" | "slow"', '"medium"'],
    ],
    [
      'another section',
      GOOD,
      ['run', 'FOLDER/main.ts', '--arg', 'Mock/n=1'],
      ['argument n', 'General/n'],
    ],
    [
      'an invalid version',
      declared(`{ name: 'a', version: 'one' }`),
      ['run', 'FOLDER/main.ts'],
      ['version', 'pipeline a'],
    ],
    ['an invalid name', declared(`{ name: '' }`), ['run', 'FOLDER/main.ts'], ['name']],
    [
      'an invalid project',
      declared(`{ name: 'a', project: '../up' }`),
      ['run', 'FOLDER/main.ts'],
      ['project'],
    ],
    [
      'an unknown option',
      declared(`{ name: 'a', cach: true }`),
      ['run', 'FOLDER/main.ts'],
      ['cach'],
    ],
    [
      'an argsMap of unknown parameters',
      declared(`{ name: 'a', argsMap: { General: ['x'] } }`),
      ['run', 'FOLDER/main.ts'],
      ['argsMap', '"x"'],
    ],
    [
      'components of one name and different code',
      `import { component, pipeline } from 'headrace';
       export const one = component({ name: 'same' }, () => 1);
       export const two = component({ name: 'same' }, () => 2);
       export const main = pipeline({ name: 'a' }, () => [one(), two()]);`,
      ['run', 'FOLDER/main.ts'],
      ['"same"', 'main.ts'],
    ],
    [
      'a component inside a function',
      `import { component, pipeline } from 'headrace';
       export const main = pipeline({ name: 'a' }, () => component({}, () => 1)());`,
      ['run', 'FOLDER/main.ts'],
      ['main.ts:2:', 'component'],
    ],
    [
      'a wrong limit',
      GOOD,
      ['run', 'FOLDER/main.ts', '--queue-concurrency', 'cpu=none'],
      ['--queue-concurrency', 'cpu=none'],
    ],
    [
      'a wrong mode',
      GOOD,
      ['run', 'FOLDER/main.ts', '--mode', 'elsewhere'],
      ['--mode', 'elsewhere'],
    ],
    ['an unknown command', GOOD, ['walk', 'FOLDER/main.ts'], ['walk']],
    ['an unknown command-line option', GOOD, ['run', 'FOLDER/main.ts', '--nope'], ['--nope']],
  ])('invalid input is rejected: %s', async (_title, source, args, words) => {
    const { code, stdout, stderr } = await headrace(args, { 'main.ts': source });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/\n\s+at /);
    for (const word of words) expect(stderr).toContain(word);
  });
});

describe('help', () => {
  it.each([
    [[]],
    [['run']],
    [['runs']],
    [['runs', 'list']],
    [['runs', 'show']],
    [['runs', 'logs']],
    [['runs', 'abort']],
    [['runs', 'resume']],
    [['runs', 'rerun']],
    [['artifacts', 'get']],
    [['artifacts', 'list']],
    [['cache', 'list']],
    [['cache', 'clear']],
    [['bundle']],
  ])('headrace %j --help prints its usage', async (words) => {
    const { code, stdout, stderr } = await headrace([...words, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: headrace ${words.join(' ')}`.trim());
    if (words.length !== 1 || words[0] !== 'runs') expect(stdout).toContain('Example');
  });

  it('headrace --version prints the version', async () => {
    const { stdout } = await headrace(['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
