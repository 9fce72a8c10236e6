import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aProject, type Project } from './cli.ts';
import {
  completedNames,
  countOf,
  isRunning,
  kill,
  latestRun,
  STATE_TIMEOUT_MS,
  TRACED,
  traceOf,
  until,
  untilTraced,
} from './reliability.ts';

const SOURCE = `${TRACED}
export const link = component({ returnValues: ['n'] }, (n: number) => { trace('link ' + n); return n + 1; });
export const gated = component({ returnValues: ['n'] }, async (n: number) => {
  trace('pid ' + process.pid);
  console.log('gated ' + n + ' began');
  trace('gated ' + n);
  await appeared('go');
  return n;
});
export const flaky = component({ returnValues: ['n'], retryOnFailure: 1, retryBackoff: { initialSeconds: 3 } }, (n: number) => {
  trace('flaky');
  if (!existsSync('go')) throw new Error('not yet');
  return n;
});
export const once = component({ returnValues: ['n'], cache: true }, (n: number) => { trace('once'); return n; });
export const sum = component({ returnValues: ['sum'] }, (ns: number[]) => { trace('sum'); return ns.reduce((a, b) => a + b, 0); });

export const chain = pipeline({ name: 'chain', project: 'tests' }, async (length: number) => {
  let n = 0;
  for (let i = 0; i < length; i++) n = await link(n);
  return n;
});
export const wide = pipeline({ name: 'wide', project: 'tests' }, async (width: number) => await sum(Array.from({ length: width }, (_, n) => gated(n))));
export const sleepy = pipeline({ name: 'sleepy', project: 'tests' }, async () => {
  const before = await link(0);
  await sleep('3s');
  return await link(before);
});
export const retried = pipeline({ name: 'retried', project: 'tests' }, async () => await flaky(await link(0)));
export const large = pipeline({ name: 'large', project: 'tests' }, async (size: number) => {
  const first = await Promise.all(Array.from({ length: size }, () => once(1)));
  return (await gated(first.length)) + (await sum(Array.from({ length: size }, () => once(1))));
});
`;

const start = (project: Project, pipeline: string, ...args: string[]) =>
  project.start(
    'run',
    'main.ts',
    '--queue-concurrency',
    'default=4',
    '--pipeline',
    pipeline,
    ...args.flatMap((arg) => ['--arg', arg]),
  );

describe('an engine that is killed', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it('a kill before the first step leaves a run that can be resumed', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'chain', 'length=2');
    await running.printed('chain#1 run ');
    await kill(running);
    const { code, run } = await project.json('runs', 'resume', 'latest');
    expect({ code, result: run.result }).toEqual({ code: 0, result: 2 });
  });

  it('a step that is recorded as completed is not executed again after repeated kills', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    let running = start(project, 'chain', 'length=12');
    for (const reached of [2, 4, 6, 9]) {
      await untilTraced(project, `link ${reached}`);
      await kill(running);
      const completed = completedNames(await latestRun(project)).length;
      const before = Array.from({ length: completed }, (_, n) => countOf(project, `link ${n}`));
      running = project.start('runs', 'resume', 'latest');
      await untilTraced(project, `link ${Math.max(reached + 1, completed)}`);
      expect(Array.from({ length: completed }, (_, n) => countOf(project, `link ${n}`))).toEqual(
        before,
      );
    }
    expect((await running.ended).code).toBe(0);
    const run = await latestRun(project);
    expect(run).toMatchObject({ status: 'completed', result: 12 });
    for (const { attempts } of run.steps)
      expect(attempts.map(({ status }) => status).slice(0, -1)).toEqual(
        attempts.slice(1).map(() => 'failed'),
      );
  });

  it('a kill with running and queued steps stops the running ones, fails no unstarted one and keeps logs', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'wide', 'width=9');
    await until(() => traceOf(project).filter((line) => line.startsWith('gated')).length >= 4);
    await kill(running);
    const pids = traceOf(project).flatMap((line) =>
      line.startsWith('pid ') ? [Number(line.slice(4))] : [],
    );
    expect((await project.cli('runs', 'list')).stdout).toMatch(
      /no process executes it.*headrace runs resume/,
    );
    expect((await project.cli('runs', 'show')).stdout).toMatch(
      /no process executes it.*headrace runs resume/,
    );
    expect((await latestRun(project)).status).toBe('running');

    const resumed = project.start('runs', 'resume', 'latest');
    await until(() => !pids.some(isRunning));
    await project.write('go', '');
    expect((await resumed.ended).code).toBe(0);
    const run = await latestRun(project);
    expect(run.result).toBe(36);
    expect(
      run.steps.slice(4, 9).flatMap(({ attempts }) => attempts.map(({ status }) => status)),
    ).toEqual(['completed', 'completed', 'completed', 'completed', 'completed']);
    for (const { attempts } of run.steps.slice(0, 4))
      expect(attempts).toMatchObject([
        { status: 'failed', reason: expect.stringContaining('engine') },
        { status: 'completed' },
      ]);
    const log = await project.cli('runs', 'logs', 'latest', '--step', 'gated');
    expect(log.stdout.match(/gated 0 began/g)).toHaveLength(2);
  });

  it('more kills than the infrastructure budget fail no step', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    let running = start(project, 'wide', 'width=1');
    for (let round = 1; round <= 5; round++) {
      await until(() => countOf(project, 'gated 0') === round);
      await kill(running);
      running = project.start('runs', 'resume', 'latest');
    }
    await project.write('go', '');
    expect((await running.ended).code).toBe(0);
  });

  it('a sleep completes on time after a kill, and no earlier step is executed again', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'sleepy');
    await running.printed('link completed');
    await kill(running);
    const { code, run } = await project.json('runs', 'resume', 'latest');
    expect({ code, result: run.result }).toEqual({ code: 0, result: 2 });
    expect(traceOf(project)).toEqual(['link 0', 'link 1']);
  });

  it('a retry is executed after a kill in the pause before it', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'retried');
    await running.printed('flaky failed');
    await kill(running);
    await project.write('go', '');
    const { code, run } = await project.json('runs', 'resume', 'latest');
    expect({ code, result: run.result }).toEqual({ code: 0, result: 1 });
    expect(run.steps[1]?.attempts.map(({ status }) => status)).toEqual(['failed', 'completed']);
    expect(traceOf(project)).toEqual(['link 0', 'flaky', 'flaky']);
  });

  it('a run of thousands of steps completes after a kill, and no completed step is executed again', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'large', 'size=1500');
    await untilTraced(project, 'gated 1500');
    await project.write('go', '');
    await until(() => readFileSync(join(project.home, 'headrace.db-wal')).includes('once_1600'));
    await kill(running);
    const { code, run } = await project.json('runs', 'resume', 'latest');
    expect({ code, result: run.result, steps: run.steps.length }).toEqual({
      code: 0,
      result: 3000,
      steps: 3002,
    });
    expect(countOf(project, 'once')).toBe(1);
    expect(new Set(run.steps.map(({ status }) => status))).toEqual(
      new Set(['completed', 'cached']),
    );
  });
});
