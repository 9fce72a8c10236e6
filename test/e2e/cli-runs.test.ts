import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { aProject, expectRefusal, statusesOf } from './cli.ts';

/** Steps that record their execution in a file, and one that waits until the file `go` exists. */
const SOURCE = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { component, currentStep, pipeline } from 'headrace';

const ran = (name: string) => appendFileSync('ran.txt', name + ' ');

export const first = component({ returnValues: ['first'] }, (n: number) => {
  ran('first');
  console.log('printed by first');
  currentStep().logger.reportText('reported by first');
  currentStep().logger.reportScalar('loss', 'train', 0.5, 0);
  return n + 1;
});
export const waits = component({ returnValues: ['second'] }, async (n: number) => {
  ran('waits');
  while (!existsSync('go')) await delay(20);
  return n * 10;
});
export const picky = component({ cache: true }, (n: number) => {
  ran('picky');
  if (n < 0) throw new RangeError('too small');
  return n;
});
export const waiting = pipeline({ name: 'waiting', project: 'tests' }, async (n: number) => await waits(first(n)));
export const checking = pipeline({ name: 'checking', project: 'tests', tags: ['t'] }, async (n: number) => await picky(n));
export const endless = pipeline({ name: 'endless', project: 'tests' }, async () => { for (;;) await null; });
export const limited = pipeline({ name: 'limited', project: 'tests', timeoutSeconds: 1 }, async () => await waits(1));
`;

const runs = z.array(
  z.looseObject({ id: z.string(), pipeline: z.string(), number: z.number(), status: z.string() }),
);

describe('a run from the command line', () => {
  it('a completed run exits with 0 and prints one document', async () => {
    const { json, folder } = await aProject({ 'main.ts': SOURCE, go: '' });
    const { code, run, stderr } = await json(
      'run',
      'main.ts',
      '--pipeline',
      'waiting',
      '--arg',
      'n=1',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(run).toMatchObject({
      pipeline: 'waiting',
      project: 'tests',
      version: '1.0.0',
      number: 1,
      status: 'completed',
      args: { n: 1 },
      result: 20,
      error: null,
    });
    expect(run.steps).toMatchObject([
      {
        name: 'first',
        component: 'first',
        parents: [],
        status: 'completed',
        metrics: [{ title: 'loss', series: 'train', points: [{ iteration: 0, value: 0.5 }] }],
      },
      {
        name: 'waits',
        parents: ['first'],
        artifacts: [{ name: 'second', type: 'json', preview: '20' }],
      },
    ]);
    expect(existsSync(join(folder, '.headrace/headrace.db'))).toBe(true);
  });

  it('a run with a failed step exits with 1 and prints the reason', async () => {
    const { json, cli } = await aProject({ 'main.ts': SOURCE });
    const { code, run } = await json('run', 'main.ts', '--pipeline', 'checking', '--arg', 'n=-1');
    expect(code).toBe(1);
    expect(run).toMatchObject({
      status: 'failed',
      tags: ['t'],
      result: null,
      error: { name: 'StepFailedError' },
    });
    expect(run.steps[0]?.attempts).toMatchObject([
      { number: 1, status: 'failed', reason: expect.stringContaining('too small') },
    ]);
    const plain = await cli('run', 'main.ts', '--pipeline', 'checking', '--arg', 'n=-1');
    expect(plain.code).toBe(1);
    expect(plain.stdout).toContain('checking#2 picky failed');
    expect(plain.stdout).toMatch(/headrace runs resume [0-9a-z]{26}/);
  });

  it('a run that exceeds its time limit exits with 1', async () => {
    const { code, run } = await (await aProject({ 'main.ts': SOURCE })).json(
      'run',
      'main.ts',
      '--pipeline',
      'limited',
    );
    expect({ code, status: run.status }).toEqual({ code: 1, status: 'failed' });
  });

  it('logic that never yields is stopped, and the document of its run is printed', {
    timeout: 30_000,
  }, async () => {
    const { code, run } = await (await aProject({ 'main.ts': SOURCE })).json(
      'run',
      'main.ts',
      '--pipeline',
      'endless',
    );
    expect({ code, status: run.status }).toEqual({ code: 1, status: 'failed' });
  });

  it('output to a pipe is plain lines without colours', async () => {
    const { cli } = await aProject({ 'main.ts': SOURCE });
    const { stdout } = await cli('run', 'main.ts', '--pipeline', 'checking', '--arg', 'n=3');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/^checking#1 run [0-9a-z]{26} of project tests, version 1\.0\.0$/m);
    expect(stdout).toMatch(/^checking#1 picky running$/m);
    expect(stdout).toMatch(/^checking#1 picky completed in \d/m);
    expect(stdout).toMatch(/^result: 3$/m);
  });

  it('a run continues when the reader of its output closes the pipe', async () => {
    const { start, cli, write } = await aProject({ 'main.ts': SOURCE });
    const running = start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await running.printed('waits running');
    running.process.stdout?.destroy();
    await write('go', '');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(runs.parse(JSON.parse((await cli('runs', 'list', '--json')).stdout))).toMatchObject([
      { status: 'completed' },
    ]);
  });

  it('the records of a run are stored in the folder of --home or HEADRACE_HOME', async () => {
    const { json, folder, cli } = await aProject({ 'main.ts': SOURCE });
    await json('run', 'main.ts', '--pipeline', 'checking', '--arg', 'n=3', '--home', 'elsewhere');
    expect(existsSync(join(folder, '.headrace'))).toBe(false);
    expect(
      runs.parse(JSON.parse((await cli('runs', 'list', '--home', 'elsewhere', '--json')).stdout)),
    ).toHaveLength(1);
    expect((await cli('runs', 'list')).stdout).toBe('no runs\n');
  });
});

describe('debug mode', () => {
  it('debug mode prints a document with the same keys, and the output of steps to stderr', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE, go: '' });
    const { code, run, stderr } = await json(
      'run',
      'main.ts',
      '--pipeline',
      'waiting',
      '--arg',
      'n=1',
      '--mode',
      'debug',
    );
    expect(code).toBe(0);
    expect(run).toMatchObject({ pipeline: 'waiting', status: 'completed', result: 20 });
    expect(statusesOf(run)).toEqual(['first completed', 'waits completed']);
    expect(run.steps[0]?.metrics).toMatchObject([{ title: 'loss', series: 'train' }]);
    expect(stderr).toContain('printed by first');
  });

  it('debug mode exits with 1 and prints the user’s stack when a step fails', async () => {
    const { cli } = await aProject({ 'main.ts': SOURCE });
    const { code, stdout } = await cli(
      'run',
      'main.ts',
      '--pipeline',
      'checking',
      '--arg',
      'n=-1',
      '--mode',
      'debug',
    );
    expect(code).toBe(1);
    expect(stdout).toContain('too small');
  });
});

describe('a run that is stopped', () => {
  it('Ctrl-C exits with 130 and prints the command to resume, which repeats no completed step', async () => {
    const { start, json, folder, write } = await aProject({ 'main.ts': SOURCE });
    const running = start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await running.printed('waits running');
    await vi.waitUntil(() => readFileSync(join(folder, 'ran.txt'), 'utf8') === 'first waits ', {
      timeout: 60_000,
      interval: 20,
    });
    running.process.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    const id = /headrace runs resume ([0-9a-z]{26})/.exec(stderr)?.[1] ?? 'none';
    await write('go', '');
    const resumed = await json('runs', 'resume', id);
    expect(resumed.code).toBe(0);
    expect(resumed.run).toMatchObject({ id, status: 'completed', result: 20 });
    expect(await readFile(join(folder, 'ran.txt'), 'utf8')).toBe('first waits waits ');
  });

  it('a run that is interrupted with --json prints its document', async () => {
    const { start, cli, folder } = await aProject({ 'main.ts': SOURCE });
    const running = start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1', '--json');
    await vi.waitUntil(
      () =>
        existsSync(join(folder, 'ran.txt')) &&
        readFileSync(join(folder, 'ran.txt'), 'utf8').includes('waits'),
      { timeout: 30_000 },
    );
    running.process.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      pipeline: 'waiting',
      status: 'running',
      result: null,
    });
    expect((await cli('runs', 'show')).stdout).toContain('headrace runs resume');
  });

  it('a run whose engine was killed is resumed', async () => {
    const { start, json, folder, write } = await aProject({ 'main.ts': SOURCE });
    const running = start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await running.printed('waits running');
    running.process.kill('SIGKILL');
    await running.ended;
    await write('go', '');
    const { code, run } = await json('runs', 'resume', 'latest');
    expect({ code, result: run.result }).toEqual({ code: 0, result: 20 });
    expect(
      (await readFile(join(folder, 'ran.txt'), 'utf8'))
        .split(' ')
        .filter((name) => name === 'first'),
    ).toHaveLength(1);
  });

  it('an abort from another process is reported by both processes, and the run exits with 3', async () => {
    const { start, cli } = await aProject({ 'main.ts': SOURCE });
    const running = start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await running.printed('waits running');
    expectRefusal(await cli('runs', 'resume', 'latest'), 'process');
    const abort = await cli('runs', 'abort', 'latest', '--reason', 'wrong data');
    expect(abort).toMatchObject({ code: 0, stdout: expect.stringContaining('aborted') });
    const { code, stdout } = await running.ended;
    expect(code).toBe(3);
    expect(stdout).toContain('wrong data');
    expect((await cli('runs', 'abort', 'latest')).code).toBe(0);
  });

  it('a run whose engine was killed is aborted', async () => {
    const { start, cli } = await aProject({ 'main.ts': SOURCE });
    const running = start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await running.printed('waits running');
    running.process.kill('SIGKILL');
    await running.ended;
    expect((await cli('runs', 'abort', 'latest')).code).toBe(0);
    expect(runs.parse(JSON.parse((await cli('runs', 'list', '--json')).stdout))).toMatchObject([
      { status: 'aborted' },
    ]);
  });
});

describe('finished runs', () => {
  it('runs are listed newest first, with filters', async () => {
    const { cli, json } = await aProject({ 'main.ts': SOURCE, go: '' });
    await json('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await json('run', 'main.ts', '--pipeline', 'checking', '--arg', 'n=-1');
    const list = async (...args: string[]) =>
      runs
        .parse(JSON.parse((await cli('runs', 'list', '--json', ...args)).stdout))
        .map(({ pipeline, status }) => `${pipeline} ${status}`);
    expect(await list()).toEqual(['checking failed', 'waiting completed']);
    expect(await list('--status', 'completed')).toEqual(['waiting completed']);
    expect(await list('--pipeline', 'checking')).toEqual(['checking failed']);
    expect(await list('--limit', '1')).toEqual(['checking failed']);
  });

  it('runs show prints the same document as the run itself', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE, go: '' });
    const { run } = await json('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    const shown = await json('runs', 'show', run.id.slice(0, 24));
    expect(shown).toEqual({ code: 0, run, stderr: '' });
  });

  it('runs resume executes failed steps again in the same run and reuses completed steps', async () => {
    const source = SOURCE.replace('if (n < 0) throw', "if (!existsSync('go')) throw");
    const { json, cli, write } = await aProject({ 'main.ts': source });
    const failed = await json('run', 'main.ts', '--pipeline', 'checking', '--arg', 'n=5');
    await write('go', '');
    const { code, run } = await json('runs', 'resume', 'latest');
    expect(code).toBe(0);
    expect(run).toMatchObject({ id: failed.run.id, number: 1, status: 'completed', result: 5 });
    expect(run.steps[0]?.attempts.map(({ status }) => status)).toEqual(['failed', 'completed']);
    expectRefusal(await cli('runs', 'resume', 'latest', '--json'), run.id, 'completed');
  });

  it('runs rerun --from starts a new run that reuses the calls before the step', async () => {
    const { json, folder } = await aProject({ 'main.ts': SOURCE, go: '' });
    const before = await json('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    const { code, run } = await json('runs', 'rerun', before.run.id, '--from', 'waits');
    expect({ code, number: run.number, result: run.result }).toEqual({
      code: 0,
      number: 2,
      result: 20,
    });
    expect(run.id).not.toBe(before.run.id);
    expect(await readFile(join(folder, 'ran.txt'), 'utf8')).toBe('first waits waits ');
  });

  it('runs rerun --file uses the current source', async () => {
    const { json, write, folder } = await aProject({ 'main.ts': SOURCE, go: '' });
    await json('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await write('main.ts', SOURCE.replace('n * 10', 'n * 100'));
    const { run } = await json('runs', 'rerun', 'latest', '--from', 'waits', '--file', 'main.ts');
    expect(run).toMatchObject({ number: 2, version: '1.0.1', result: 200 });
    expect(await readFile(join(folder, 'ran.txt'), 'utf8')).toBe('first waits waits ');
  });

  it('runs rerun --file is rejected if the current source does not accept the arguments', async () => {
    const { json, write, cli } = await aProject({ 'main.ts': SOURCE, go: '' });
    await json('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await write(
      'main.ts',
      SOURCE.replace(
        "project: 'tests' }, async (n: number) => await waits",
        "project: 'tests' }, async (n: string) => await waits",
      ),
    );
    expectRefusal(
      await cli('runs', 'rerun', 'latest', '--file', 'main.ts'),
      'argument n',
      'expected string',
    );
  });
});
