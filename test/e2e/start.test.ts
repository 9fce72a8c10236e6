import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { expectStartsWithoutSource, START_SOURCE } from '../modes/start-scenario.ts';
import { aProject, expectRefusal } from './cli.ts';
import { aServer } from './dev.ts';

/** The scenario runs two dozen commands. */
const SCENARIO = { timeout: 240_000 };

describe('a run of a pipeline without its source', () => {
  it(
    'on this machine, it has other arguments and tags, and is found by number and tag',
    SCENARIO,
    async () => {
      await expectStartsWithoutSource(await aProject({ 'iris.ts': START_SOURCE }));
    },
  );

  it(
    'behind a server, it has other arguments and tags, and is found by number and tag',
    SCENARIO,
    async () => {
      const { project } = await aServer({ 'iris.ts': START_SOURCE });
      await expectStartsWithoutSource(project);
    },
  );

  it('the pipeline of one project is found by its name; of several, the candidates are listed', async () => {
    const one = (project: string) => `import { pipeline } from 'headrace';
export default pipeline({ name: 'same', project: '${project}' }, async () => '${project}');`;
    const { cli, json } = await aProject({ 'a.ts': one('team/a'), 'b.ts': one('team/b') });
    await json('run', 'a.ts');
    expect((await json('start', 'same')).run.result).toBe('team/a');
    await json('run', 'b.ts');
    expectRefusal(
      await cli('start', 'same'),
      'several projects have a pipeline "same": write one of team/a/same, team/b/same',
    );
    expect((await json('start', 'team/b/same')).run.result).toBe('team/b');
  });

  it('invalid arguments and tags are refused before the run starts', async () => {
    const { cli } = await aProject({ 'iris.ts': START_SOURCE });
    await cli('run', 'iris.ts', '--arg', 'url=a');
    const refusals: Readonly<Record<string, readonly string[]>> = {
      'unknown argument "deph" (did you mean depth?)': ['--arg', 'deph=3'],
      'argument depth: expected number, given "deep"': ['--arg', 'url=b', '--arg', 'depth="deep"'],
      'argument url is missing': [],
      '--interactive needs a terminal': ['--interactive'],
      '--tag: ': ['--arg', 'url=b', '--tag', ''],
    };
    for (const [message, args] of Object.entries(refusals))
      expectRefusal(await cli('start', 'iris', ...args), message);
  });

  it('code of a rerun with another source can be started, and code that was removed is reported', async () => {
    const source = (result: number) => `import { pipeline } from 'headrace';
export default pipeline({ name: 'p', project: 'tests', autoVersionBump: true }, async () => ${result});`;
    const { cli, json, write, home } = await aProject({ 'p.ts': source(1) });
    await json('run', 'p.ts');
    await write('p.ts', source(2));
    expect((await json('runs', 'rerun', 'latest', '--file', 'p.ts')).run.version).toBe('1.0.1');
    expect((await json('start', 'tests/p')).run).toMatchObject({ version: '1.0.1', result: 2 });
    await rm(`${home}/objects/code`, { recursive: true });
    expectRefusal(
      await cli('start', 'tests/p'),
      'the code of version 1.0.1 of pipeline tests/p is no longer stored',
    );
  });

  it('the help of a file prints the parameters of each of its pipelines', async () => {
    const { cli } = await aProject({
      'iris.ts': `${START_SOURCE}
export const other = pipeline({ name: 'other', project: 'demo' }, async ({ deep }: { deep?: boolean }) => deep);`,
    });
    const { code, stdout } = await cli('run', 'iris.ts', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: headrace run iris.ts --pipeline iris --arg name=value');
    expect(stdout).toContain('    url: string                      The address of the data.\n');
    expect(stdout).toContain('Usage: headrace run iris.ts --pipeline other');
    expect(stdout).toContain('    deep?: boolean\n');
    expect((await cli('run', '--help')).stdout).toContain('Usage: headrace run [options] <file>');
    const one = await cli('run', '--help', '--pipeline', 'other', 'iris.ts');
    expect(one.stdout).not.toContain('url: string');
    expect(one.stdout).toContain('deep?: boolean');
    expectRefusal(await cli('run', 'missing.ts', '--help'), 'missing.ts');
  });
});
