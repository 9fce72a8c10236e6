import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDocumentSchema } from '../unit/cli/contract.ts';
import { aProject, COMMAND, type Project } from './cli.ts';
import { execute, temporaryFolder } from './headrace.ts';
import { STATE_TIMEOUT_MS, TRACED, traceOf, until, watchMemory } from './reliability.ts';

const SOURCE = `${TRACED}
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactFile } from 'headrace';
import { triple } from 'triple';

const started = async () => { trace('pid ' + process.pid); await appeared('go'); };

export const produce = component({ returnValues: ['file'] }, async (megabytes: number) => {
  await started();
  const path = join(currentStep().temporaryDirectory, 'large.bin');
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(1 << 20, 7);
  for (let i = 0; i < megabytes; i++) writeSync(file, chunk);
  closeSync(file);
  return new ArtifactFile(path);
});
export const consume = component({ returnValues: ['size'] }, async (file: ArtifactFile) => {
  trace('pid ' + process.pid);
  await appeared('go on');
  return statSync(file.path).size;
});
export const chatty = component({ returnValues: ['lines'] }, async (megabytes: number) => {
  await started();
  const line = 'x'.repeat(1023);
  for (let i = 0; i < megabytes * 1024; i++) console.log(line);
  return megabytes * 1024;
});
export const outside = component({ returnValues: ['n'] }, (n: number) => triple(n));

export const large = pipeline({ name: 'large', project: 'tests' }, async (megabytes: number) => await consume(produce(megabytes)));
export const loud = pipeline({ name: 'loud', project: 'tests' }, async (megabytes: number) => await chatty(megabytes));
export const foreign = pipeline({ name: 'foreign', project: 'tests' }, async (n: number) => await outside(n));
`;

const PACKAGE = {
  'node_modules/triple/package.json':
    '{ "name": "triple", "version": "1.2.3", "type": "module", "exports": "./index.js" }',
  'node_modules/triple/index.js': 'export const triple = (n) => 3 * n;',
  'node_modules/triple/index.d.ts': 'export declare const triple: (n: number) => number;',
};

/** The process id that the n-th line of the trace names. */
async function pidOf(project: Project, n: number): Promise<number> {
  await until(() => traceOf(project).length > n);
  return Number(traceOf(project)[n]?.slice('pid '.length));
}

describe('large data', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it('a file of 500 MB passes through two steps and the engine within 300 MB of memory each', async () => {
    const project = await aProject({ ...PACKAGE, 'main.ts': SOURCE });
    const running = project.start(
      'run',
      'main.ts',
      '--pipeline',
      'large',
      '--arg',
      'megabytes=500',
      '--json',
    );
    const engine = watchMemory(running.process.pid ?? 0);
    const producer = watchMemory(await pidOf(project, 0));
    await project.write('go', '');
    const consumer = watchMemory(await pidOf(project, 1));
    await project.write('go on', '');
    const { code, stdout } = await running.ended;
    expect({ code, result: runDocumentSchema.parse(JSON.parse(stdout)).result }).toEqual({
      code: 0,
      result: 500 * 2 ** 20,
    });
    for (const peak of [engine(), producer(), consumer()]) {
      expect(peak).toBeGreaterThan(20);
      expect(peak).toBeLessThan(300);
    }
  });

  it('large output of a step goes to its log without filling memory', async () => {
    const project = await aProject({ ...PACKAGE, 'main.ts': SOURCE });
    const running = project.start(
      'run',
      'main.ts',
      '--pipeline',
      'loud',
      '--arg',
      'megabytes=100',
      '--json',
    );
    const engine = watchMemory(running.process.pid ?? 0);
    const step = watchMemory(await pidOf(project, 0));
    await project.write('go', '');
    expect((await running.ended).code).toBe(0);
    expect(Math.max(engine(), step())).toBeLessThan(300);
    const [folder = ''] = (await readdir(join(project.home, 'logs'))).filter(
      (name) => name !== 'idle',
    );
    const [log = ''] = await readdir(join(project.home, 'logs', folder));
    expect((await stat(join(project.home, 'logs', folder, log))).size).toBe(100 * 2 ** 20);
    const { stdout } = await project.cli('runs', 'logs', 'latest');
    expect(stdout.length).toBeGreaterThan(100 * 2 ** 20);
  });
});

describe('a home', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  const NAME = 'mein Projekt – ünïcode ☃ #1 %20 (b)';

  it('a home and a project work with blanks, symbols and non-ASCII letters in their paths', async () => {
    const folder = join(await temporaryFolder(), NAME);
    const project = await aProject({ ...PACKAGE, 'main.ts': SOURCE }, folder);
    const { code, run } = await project.json(
      'run',
      'main.ts',
      '--pipeline',
      'foreign',
      '--arg',
      'n=14',
      '--home',
      'das Zuhause ☂',
    );
    expect({ code, result: run.result }).toEqual({ code: 0, result: 42 });
    expect((await project.cli('runs', 'logs', run.id, '--home', 'das Zuhause ☂')).code).toBe(0);
    expect(existsSync(join(folder, 'das Zuhause ☂', 'headrace.db'))).toBe(true);
  });

  it('a home and a working folder outside the project: packages and the folder of steps are the project’s', async () => {
    const project = await aProject({ ...PACKAGE, 'main.ts': SOURCE });
    const [home, cwd] = [join(await temporaryFolder(), 'home'), await temporaryFolder()];
    const command = (...args: string[]) =>
      execute(process.execPath, [COMMAND, ...args], { cwd, env: { HEADRACE_HOME: home } });
    await project.write('go', '');
    const { code, stdout } = await command(
      'run',
      join(project.folder, 'main.ts'),
      '--pipeline',
      'foreign',
      '--arg',
      'n=5',
      '--json',
    );
    expect({ code, result: runDocumentSchema.parse(JSON.parse(stdout)).result }).toEqual({
      code: 0,
      result: 15,
    });
    expect(
      (
        await command(
          'run',
          relative(cwd, join(project.folder, 'main.ts')),
          '--pipeline',
          'loud',
          '--arg',
          'megabytes=0',
        )
      ).code,
    ).toBe(0);
    expect(traceOf(project)).toHaveLength(1);
    const rerun = await command('runs', 'rerun', 'latest', '--json');
    expect({
      code: rerun.code,
      result: runDocumentSchema.parse(JSON.parse(rerun.stdout)).result,
    }).toEqual({ code: 0, result: 0 });
    expect(await readdir(cwd)).toEqual([]);
    expect(existsSync(project.home)).toBe(false);
  });
});
