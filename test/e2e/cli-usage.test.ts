import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aProject, expectRefusal } from './cli.ts';

const GOOD = `
import { component, pipeline } from 'headrace';
export const double = component({}, (n: number) => n * 2);
export const main = pipeline({ name: 'double', project: 'tests', argsMap: { General: ['n'] } }, async (n: number, mode: 'fast' | 'slow' = 'fast') => await double(n));
`;

describe('what cannot run is refused with exit code 2 and one sentence that names it', () => {
  it('is no different with --json', async () => {
    const { cli } = await aProject({ 'main.ts': GOOD });
    expectRefusal(await cli('run', 'main.ts', '--json'), 'argument n is missing');
    expectRefusal(await cli('run', 'nope.ts', '--json'), 'nope.ts');
  });

  it('is no different in debug mode', async () => {
    const { cli } = await aProject({ 'main.ts': GOOD });
    expectRefusal(
      await cli('run', 'main.ts', '--mode', 'debug', '--json'),
      'argument n is missing',
    );
  });

  it('is no different for a run that there is not', async () => {
    const { cli, json } = await aProject({ 'main.ts': GOOD });
    expectRefusal(await cli('runs', 'show', 'latest'), 'there are no runs');
    await json('run', 'main.ts', '--arg', 'n=1');
    for (const command of ['show', 'logs', 'abort', 'resume', 'rerun'])
      expectRefusal(await cli('runs', command, '01zzz'), '"01zzz"');
  });
});

describe('a home that is of no use', () => {
  it('is explained if its store is damaged', async () => {
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

  it('is explained if it is a file', async () => {
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
