import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/local/store/store.ts';
import { runIdSchema } from '../../src/model/ids.ts';
import { aProject, expectRefusal, statusesOf } from './cli.ts';
import { countOf, STATE_TIMEOUT_MS, TRACED, traceOf, untilTraced } from './reliability.ts';

const SOURCE = `${TRACED}
export const load = component({ returnValues: ['n'] }, (n: number) => { trace('load'); return n; });
export const left = component({ returnValues: ['n'] }, (n: number) => { trace('left'); currentStep().logger.reportScalar('loss', 'left', n, 0); return n + 1; });
export const right = component({ returnValues: ['n'] }, (n: number) => { trace('right'); return n * 10; });
export const fragile = component({ returnValues: ['n'] }, (n: number) => {
  trace('fragile');
  if (!existsSync('go')) throw new Error('no go');
  return n;
});
export const notify = component({ returnValues: ['told'] }, (what: string) => { trace('notify ' + what); return what; });
export const gated = component({ returnValues: ['n'] }, async (n: number) => { trace('gated'); await appeared('go'); return n; });
export const join = component({ returnValues: ['n'] }, (a: number, b: number) => { trace('join'); return a + b; });

export const diamond = pipeline({ name: 'diamond', project: 'tests' }, async (n: number) => {
  const loaded = load(n);
  return await join(left(loaded), right(loaded));
});
export const partial = pipeline({ name: 'partial', project: 'tests' }, async () => {
  const loaded = load(1);
  const side = left(loaded);
  const broken = fragile(loaded);
  return await join(broken, side);
});
export const caught = pipeline({ name: 'caught', project: 'tests' }, async () => {
  const n = await load(1);
  const side = right(n);
  try {
    return (await fragile(n)) + (await side);
  } catch (error) {
    await notify('it failed');
    throw error;
  }
});
export const stopped = pipeline({ name: 'stopped', project: 'tests', timeoutSeconds: 3600 }, async () => {
  const n = await load(1);
  await Promise.all([gated(n), fragile(n).then(() => sleep('1h')), sleep('1h')]);
});
`;

const run = ['run', 'main.ts', '--pipeline'] as const;

describe('a failed run that is resumed', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it('a resume executes only failed steps and the steps that were skipped because of them', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const failed = await project.json(...run, 'partial');
    expect(failed.code).toBe(1);
    expect(statusesOf(failed.run)).toEqual([
      'load completed',
      'left completed',
      'fragile failed',
      'join skipped',
    ]);
    await project.write('go', '');
    const { code, run: resumed } = await project.json('runs', 'resume', 'latest');
    expect({ code, id: resumed.id, result: resumed.result }).toEqual({
      code: 0,
      id: failed.run.id,
      result: 3,
    });
    expect(statusesOf(resumed)).toEqual([
      'load completed',
      'left completed',
      'fragile completed',
      'join completed',
    ]);
    expect(traceOf(project)).toEqual(expect.arrayContaining(['load', 'left', 'fragile', 'join']));
    expect([
      countOf(project, 'load'),
      countOf(project, 'left'),
      countOf(project, 'fragile'),
    ]).toEqual([1, 1, 2]);
    expect(resumed.steps[1]?.metrics).toMatchObject([{ title: 'loss', points: [{ value: 1 }] }]);
  });

  it('a resume supersedes steps that are not called again, and reuses equal calls', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    expect(statusesOf((await project.json(...run, 'caught')).run)).toEqual([
      'load completed',
      'right completed',
      'fragile failed',
      'notify completed',
    ]);
    await project.write('go', '');
    const { code, run: resumed } = await project.json('runs', 'resume', 'latest');
    expect({ code, result: resumed.result }).toEqual({ code: 0, result: 11 });
    expect(statusesOf(resumed)).toEqual([
      'load completed',
      'right completed',
      'fragile completed',
      'notify superseded',
    ]);
    expect(countOf(project, 'right')).toBe(1);
  });

  it('a resume uses the stored code after the source changed', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    await project.json(...run, 'partial');
    await project.write('main.ts', 'this is no program');
    await project.write('go', '');
    expect((await project.json('runs', 'resume', 'latest')).run.result).toBe(3);
    expect((await project.json('runs', 'rerun', 'latest')).run.result).toBe(3);
    expectRefusal(await project.cli('runs', 'rerun', 'latest', '--file', 'main.ts'), 'main.ts');
  });

  it('a resumed run that fails again can be resumed again', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    for (const words of [
      [...run, 'partial'],
      ['runs', 'resume', 'latest'],
      ['runs', 'resume', 'latest'],
    ])
      expect((await project.json(...words)).code).toBe(1);
    await project.write('go', '');
    const { code, run: resumed } = await project.json('runs', 'resume', 'latest');
    expect(code).toBe(0);
    expect(resumed.steps[2]?.attempts.map(({ status }) => status)).toEqual([
      'failed',
      'failed',
      'failed',
      'completed',
    ]);
    expect(countOf(project, 'load')).toBe(1);
  });
});

describe('an aborted run', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it('an aborted run has no timers that fire after its resume', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = project.start(...run, 'stopped');
    await untilTraced(project, 'gated');
    expect((await project.cli('runs', 'abort', 'latest')).code).toBe(0);
    expect((await running.ended).code).toBe(3);
    const [aborted] = JSON.parse((await project.cli('runs', 'list', '--json')).stdout);
    const store = openStore(project.home);
    expect(store.timers.nextDueAt([runIdSchema.parse(aborted.id)])).toBe(undefined);
    store.close();
  });
});

describe('a rerun', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it('a rerun reuses the finished calls before its start step and executes all later calls', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const before = await project.json(...run, 'diamond', '--arg', 'n=1');
    const { code, run: after } = await project.json('runs', 'rerun', 'latest', '--from', 'right');
    expect({ code, number: after.number, args: after.args, result: after.result }).toEqual({
      code: 0,
      number: 2,
      args: { n: 1 },
      result: 12,
    });
    expect(statusesOf(after)).toEqual(statusesOf(before.run));
    expect(['load', 'left', 'right', 'join'].map((name) => countOf(project, name))).toEqual([
      1, 1, 2, 2,
    ]);
    expect(after.steps[1]?.metrics).toEqual(before.run.steps[1]?.metrics);
    expect(after.steps[0]?.attempts).toEqual(before.run.steps[0]?.attempts);
    expect((await project.json('runs', 'show', before.run.id)).run).toEqual(before.run);
  });

  it('a rerun without a start step reuses nothing', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    await project.json(...run, 'diamond', '--arg', 'n=1');
    expect((await project.json('runs', 'rerun', 'latest')).run.result).toBe(12);
    expect(countOf(project, 'load')).toBe(2);
  });

  it('a rerun with the current source reuses calls with equal component and arguments', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    await project.json(...run, 'diamond', '--arg', 'n=1');
    await project.write(
      'main.ts',
      SOURCE.replace('right(loaded));\n', 'right(left(loaded)));\n').replace(
        'return n * 10',
        'return n * 100',
      ),
    );
    const { code, run: after } = await project.json(
      'runs',
      'rerun',
      'latest',
      '--from',
      'join',
      '--file',
      'main.ts',
    );
    expect({ code, version: after.version, result: after.result }).toEqual({
      code: 0,
      version: '1.0.1',
      result: 202,
    });
    expect(['load', 'left', 'right', 'join'].map((name) => countOf(project, name))).toEqual([
      1, 2, 2, 2,
    ]);
  });

  it('a rerun from an unknown step is rejected and creates no run', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    await project.json(...run, 'diamond', '--arg', 'n=1');
    expectRefusal(
      await project.cli('runs', 'rerun', 'latest', '--from', 'nowhere'),
      'nowhere',
      'load',
    );
    expect(JSON.parse((await project.cli('runs', 'list', '--json')).stdout)).toHaveLength(1);
  });
});
