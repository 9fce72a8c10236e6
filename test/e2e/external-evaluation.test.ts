import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { statusesOf } from './cli.ts';
import { aServer, type Dev, stop } from './dev.ts';
import { execute, ROOT } from './headrace.ts';
import { until } from './reliability.ts';

vi.setConfig({ testTimeout: 120_000 });

/** The logic awaits one step after another. `waits` ends when the file `go` exists. */
const SOURCE = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { component, pipeline } from 'headrace';

export const add = component({}, (a: number, b: number) => {
  appendFileSync('ran.txt', 'add ');
  return a + b;
});
export const waits = component({}, async (n: number) => {
  appendFileSync('ran.txt', 'waits ');
  while (!existsSync('go')) await delay(20);
  return n * 10;
});
export const fails = component({}, (n: number) => {
  if (!existsSync('mended')) throw new RangeError('not mended');
  return n;
});
export const large = component({}, (n: number) => 'x'.repeat(n));

export const here = pipeline({ name: 'here', project: 'tests', pipelineExecutionQueue: null }, async (n: number) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = await add(sum, i);
  const text = await large(20_000);
  return [await waits(sum), text.length];
});
export const mended = pipeline({ name: 'mended', project: 'tests', pipelineExecutionQueue: null }, async () => await fails(await add(1, 2)));
export const queued = pipeline({ name: 'queued', project: 'tests', pipelineExecutionQueue: 'big' }, async () => await add(1, 2));
`;

const ran = async ({ project }: Dev): Promise<string> =>
  existsSync(join(project.folder, 'ran.txt'))
    ? await readFile(join(project.folder, 'ran.txt'), 'utf8')
    : '';

it('a pipeline whose queue is null is evaluated by the command that starts it', async () => {
  const dev = await aServer({ 'main.ts': SOURCE, go: '' });
  const { code, run, stderr } = await dev.project.json(
    'run',
    'main.ts',
    '--pipeline',
    'here',
    '--arg',
    'n=4',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(run).toMatchObject({ status: 'completed', result: [60, 20_000] });
  expect(statusesOf(run)).toEqual([
    'add completed',
    'add_1 completed',
    'add_2 completed',
    'add_3 completed',
    'large completed',
    'waits completed',
  ]);
  expect(await dev.client.run(run.id)).toMatchObject({ evaluator: 'caller' });
});

it('a run waits when the command that evaluates its logic exits, and continues when another process attaches', async () => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const dev = await aServer({ 'main.ts': SOURCE });
    const { project, client } = dev;
    const first = project.start('run', 'main.ts', '--pipeline', 'here', '--arg', 'n=2');
    await until(async () => (await ran(dev)).includes('waits'));
    const [{ id } = { id: '' }] = (await client.runs()).items;
    const code = await stop(first, signal);
    if (signal === 'SIGINT') {
      expect(code).toBe(130);
      expect(first.stderr()).toContain(`headrace runs attach ${id}`);
    }
    await writeFile(join(project.folder, 'go'), '');
    await until(async () => (await client.run(id)).steps.unfinished === 0);
    expect(await client.run(id)).toMatchObject({ status: 'running', result: null });

    const { code: attached, run } = await project.json('runs', 'attach', id.slice(0, 20));
    expect({ attached, status: run.status, result: run.result }).toEqual({
      attached: 0,
      status: 'completed',
      result: [10, 20_000],
    });
    expect(await ran(dev)).toBe('add add waits ');
    await stop(dev.running);
    vi.unstubAllEnvs();
  }
});

it('a process stops evaluating when another process attaches to the run', async () => {
  const dev = await aServer({ 'main.ts': SOURCE });
  const { project } = dev;
  const first = project.start('run', 'main.ts', '--pipeline', 'here', '--arg', 'n=1', '--json');
  await until(async () => (await ran(dev)).includes('waits'));
  const second = project.start('runs', 'attach', 'latest', '--json');
  await until(async () => first.stderr().includes('another process evaluates this run'));
  await writeFile(join(project.folder, 'go'), '');
  for (const command of [first, second]) {
    const { code, stdout } = await command.ended;
    expect({ code, run: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      run: { status: 'completed', result: [0, 20_000] },
    });
  }
});

it('the command that resumes a run evaluates it; the engine evaluates a rerun', async () => {
  const dev = await aServer({ 'main.ts': SOURCE });
  const { project, client } = dev;
  const failed = await project.json('run', 'main.ts', '--pipeline', 'mended');
  expect(failed).toMatchObject({ code: 1, run: { status: 'failed' } });
  await writeFile(join(project.folder, 'mended'), '');
  expect(await project.json('runs', 'resume', failed.run.id)).toMatchObject({
    code: 0,
    run: { status: 'completed', result: 3 },
  });
  const rerun = await project.json('runs', 'rerun', failed.run.id);
  expect(rerun).toMatchObject({ code: 0, run: { status: 'completed', result: 3 } });
  expect(await client.run(rerun.run.id)).toMatchObject({ evaluator: 'engine' });
});

it('the local server evaluates a pipeline that names an execution queue', async () => {
  const dev = await aServer({ 'main.ts': SOURCE });
  const { run } = await dev.project.json('run', 'main.ts', '--pipeline', 'queued');
  expect(run).toMatchObject({ status: 'completed', result: 3 });
  expect(await dev.client.run(run.id)).toMatchObject({ evaluator: 'engine' });
  const refused = await dev.project.cli('runs', 'attach', run.id);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('is not evaluated by a process of yours');
});

it('a plain program evaluates the logic of its pipeline', async () => {
  const dev = await aServer({
    'main.ts': SOURCE,
    'program.ts': `import { here } from './main.ts';\nconsole.log(JSON.stringify(await here(3)));`,
    go: '',
  });
  const { folder } = dev.project;
  await mkdir(join(folder, 'node_modules'));
  await symlink(ROOT, join(folder, 'node_modules/headrace'));
  const loader = join(ROOT, 'node_modules/tsx/dist/loader.mjs');
  const { code, stdout } = await execute(process.execPath, ['--import', loader, 'program.ts'], {
    cwd: folder,
  });
  expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: '[30,20000]' });
});
