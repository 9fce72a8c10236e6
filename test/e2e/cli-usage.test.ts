import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aProject, expectRefusal } from './cli.ts';

const GOOD = `
import { component, pipeline } from 'headrace';
export const double = component({}, (n: number) => n * 2);
export const main = pipeline({ name: 'double', project: 'tests', argsMap: { General: ['n'] } }, async (n: number, mode: 'fast' | 'slow' = 'fast') => await double(n));
`;

describe('invalid input is rejected with exit code 2 and one sentence that names it', () => {
  it('invalid input is rejected in the same way with --json', async () => {
    const { cli } = await aProject({ 'main.ts': GOOD });
    expectRefusal(await cli('run', 'main.ts', '--json'), 'argument n is missing');
    expectRefusal(await cli('run', 'nope.ts', '--json'), 'nope.ts');
  });

  it('invalid input is rejected in the same way in debug mode', async () => {
    const { cli } = await aProject({ 'main.ts': GOOD });
    expectRefusal(
      await cli('run', 'main.ts', '--mode', 'debug', '--json'),
      'argument n is missing',
    );
  });

  it('an unknown run is rejected in the same way', async () => {
    const { cli, json } = await aProject({ 'main.ts': GOOD });
    expectRefusal(await cli('runs', 'show', 'latest'), 'there are no runs');
    await json('run', 'main.ts', '--arg', 'n=1');
    for (const command of ['show', 'logs', 'abort', 'resume', 'rerun'])
      expectRefusal(await cli('runs', command, '01zzz'), '"01zzz"');
  });
});

describe('an unusable home', () => {
  it('a damaged store is reported with its file', async () => {
    const { cli, json, home } = await aProject({ 'main.ts': GOOD });
    await json('run', 'main.ts', '--arg', 'n=1');
    await writeFile(
      join(home, 'headrace.db'),
      'this is no database, but it is long enough to be taken for one'.repeat(100),
    );
    for (const args of [
      ['runs', 'list'],
      ['run', 'main.ts', '--arg', 'n=1', '--json'],
    ]) {
      const { code, stdout, stderr } = await cli(...args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^error: the store .*headrace\.db is damaged/);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it('a home that is a file is reported', async () => {
    const { cli, folder } = await aProject({ 'main.ts': GOOD, taken: 'a file' });
    const { code, stderr } = await cli(
      'run',
      'main.ts',
      '--arg',
      'n=1',
      '--home',
      join(folder, 'taken'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*taken/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
