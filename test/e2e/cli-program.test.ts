import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aProject } from './cli.ts';
import { execute, ROOT } from './headrace.ts';

const PIPELINES = `
import { component, pipeline, PipelineDecorator } from 'headrace';
PipelineDecorator.setDefaultExecutionQueue('mine');
export const halve = component({ returnValues: ['half'] }, (n: number) => {
  if (n % 2 === 1) throw new RangeError(n + ' is odd');
  return n / 2;
});
export const first = pipeline({ name: 'first', project: 'tests' }, async function first(n: number, step = 1) { return await halve(n) + step; });
export const second = pipeline({ name: 'second', project: 'tests' }, async function second({ n = 4 }: { n?: number }) { return new Map([['half', await halve(n)]]); });
`;

/** Runs a program that imports its pipelines, in a project where the package is installed. */
async function program(text: string, env: Readonly<Record<string, string>> = {}) {
  const project = await aProject({ 'pipelines.ts': PIPELINES, 'program.ts': text });
  await mkdir(join(project.folder, 'node_modules'));
  await symlink(ROOT, join(project.folder, 'node_modules/headrace'));
  const ended = await execute(
    process.execPath,
    ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), 'program.ts'],
    {
      cwd: project.folder,
      env: { HEADRACE_HOME: '', FORCE_COLOR: '0', NO_COLOR: '1', ...env },
    },
  );
  return { ...ended, ...project };
}

describe('a plain program that calls pipelines', () => {
  it('a program receives the results of its pipelines, and progress goes to stderr', async () => {
    const { code, stdout, stderr, json } = await program(`
      import { first, second } from './pipelines.ts';
      console.log(await first(8), await second({}));`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "5 Map(1) { 'half' => 2 }\n" });
    expect(stderr).toContain('first#1 halve completed');
    expect(stderr).toContain('second#1 halve completed');
    const { run } = await json('runs', 'show');
    expect(run).toMatchObject({ pipeline: 'second', args: { n: 4 }, steps: [{ queue: 'mine' }] });
  });

  it('a program executes several runs at once', async () => {
    const { code, stdout } = await program(`
      import { first } from './pipelines.ts';
      console.log(...(await Promise.all([first(2), first(4), first(6)])));`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '2 3 4\n' });
  });

  it('a program that executes 12 runs at once gets no warning of Node.js', async () => {
    const { code, stderr } = await program(`
      import { first } from './pipelines.ts';
      await Promise.all(Array.from({ length: 12 }, (_, n) => first(2 * n)));`);
    expect(code).toBe(0);
    expect(stderr).not.toContain('Warning');
  });

  it('a program receives an error with the id of a failed run, and a usage error before a run starts', async () => {
    const { code, stdout } = await program(`
      import { HeadraceError } from 'headrace';
      import { first } from './pipelines.ts';
      const print = async (call: Promise<unknown>) => call.catch((error) => console.log(error instanceof HeadraceError, error.name, typeof error.runId, error.message));
      await print(first(3));
      await print(first('3' as never));
      await print((first as (...args: unknown[]) => Promise<unknown>)());`);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^true PipelineRunError string run [0-9a-z]{26} ended failed: .*3 is odd$/,
    );
    expect(lines[1]).toBe(
      'true IllTypedArgumentError undefined argument n: expected number, given "3"',
    );
    expect(lines[2]).toMatch(
      /^true MissingArgumentError undefined argument n is missing: expected number/,
    );
  });

  it('a program runs in debug mode if HEADRACE_MODE is debug, and an unknown mode is rejected', async () => {
    const text = `import { first } from './pipelines.ts';\nconsole.log(await first(8));`;
    const debug = await program(text, { HEADRACE_MODE: 'debug' });
    expect(debug).toMatchObject({ code: 0, stdout: '5\n', stderr: '' });
    expect((await debug.cli('runs', 'list')).stdout).toBe('no runs\n');
    const remote = await program(text, {
      HEADRACE_MODE: 'remote',
      HEADRACE_ENDPOINT: '',
      HEADRACE_PROFILE: '',
      XDG_CONFIG_HOME: debug.folder,
    });
    expect(remote.code).toBe(1);
    expect(remote.stderr).toContain('--endpoint');
    const unknown = await program(text, { HEADRACE_MODE: 'elsewhere' });
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('elsewhere');
  });
});
