import { describe, expect, it } from 'vitest';
import { execute, headrace, ROOT, statuses, temporaryFolder } from './headrace.ts';

describe('examples/iris', () => {
  const FILE = 'examples/iris/pipeline.ts';

  it('examples/iris trains a model that classifies most unseen flowers', async () => {
    const { code, run } = await headrace(await temporaryFolder(), 'run', FILE);
    expect(code).toBe(0);
    expect(run).toMatchObject({
      pipeline: 'iris',
      project: 'examples',
      version: '0.1.0',
      number: 1,
      status: 'completed',
      args: { testSize: 0.2, seed: 42, mock: 'mock' },
    });
    expect(statuses(run)).toEqual({
      stepOne: 'completed',
      stepTwo: 'completed',
      stepThree: 'completed',
      stepFour: 'completed',
    });
    expect(run.steps.map(({ parents }) => parents)).toEqual([
      [],
      ['stepOne'],
      ['stepTwo'],
      ['stepTwo', 'stepThree'],
    ]);
    expect(run.steps[1]?.artifacts.map(({ name }) => name)).toEqual([
      'xTrain',
      'xTest',
      'yTrain',
      'yTest',
    ]);
    expect(run.result).toBeGreaterThan(90);
    expect(run.result).toBeLessThanOrEqual(100);
  });

  it('examples/iris reuses the cached first step in a second run, with the same result', async () => {
    const home = await temporaryFolder();
    const first = await headrace(home, 'run', FILE);
    const second = await headrace(home, 'run', FILE);
    expect(statuses(second.run)).toEqual({
      stepOne: 'cached',
      stepTwo: 'completed',
      stepThree: 'completed',
      stepFour: 'completed',
    });
    expect(second.run).toMatchObject({ number: 2, result: first.run.result });
  });

  it('examples/iris accepts arguments by name and by section', async () => {
    const { run } = await headrace(
      await temporaryFolder(),
      'run',
      FILE,
      '--arg',
      'General/testSize=0.4',
      '--arg',
      'Mock/mock=5',
      '--arg',
      'seed=3',
    );
    expect(run.args).toEqual({ testSize: 0.4, seed: 3, mock: '5' });
    expect(run.status).toBe('completed');
  });

  it('examples/iris runs as a plain program', async () => {
    const home = await temporaryFolder();
    const { code, stderr } = await execute(process.execPath, ['--import', 'tsx', FILE], {
      cwd: ROOT,
      env: { HEADRACE_HOME: home },
    });
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
    const listed = await execute(
      process.execPath,
      ['dist/bin/headrace.js', 'runs', 'list', '--json'],
      { cwd: ROOT, env: { HEADRACE_HOME: home } },
    );
    expect(JSON.parse(listed.stdout)).toMatchObject([{ pipeline: 'iris', status: 'completed' }]);
  });

  it('examples/iris runs in debug mode in one process', async () => {
    const { code, run } = await headrace(await temporaryFolder(), 'run', FILE, '--mode', 'debug');
    expect(code).toBe(0);
    expect(run).toMatchObject({ pipeline: 'iris', status: 'completed' });
    expect(run.result).toBeGreaterThan(90);
  });
});

describe('examples/search', () => {
  const FILE = 'examples/search/pipeline.ts';

  it('examples/search stops at a sufficient value', async () => {
    const { code, run } = await headrace(await temporaryFolder(), 'run', FILE);
    expect(code).toBe(0);
    expect(run.result).toMatchObject({
      rounds: 2,
      found: true,
      best: { maxDepth: 2, nEstimators: 5 },
    });
    expect(run.steps).toHaveLength(6);
    expect(run.steps.map(({ name }) => name).slice(0, 3)).toEqual([
      'validate',
      'validate_1',
      'validate_2',
    ]);
    expect(run.metrics.map(({ title, series, step }) => [title, series, step])).toEqual(
      run.steps.map(({ name }) => ['validation', 'accuracy', name]),
    );
    expect(run.metrics.map(({ points }) => points.length)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('examples/search stops at the deepest trees', async () => {
    const { run } = await headrace(
      await temporaryFolder(),
      'run',
      FILE,
      '--arg',
      'target=1.1',
      '--arg',
      'deepest=2',
    );
    expect(run.status).toBe('completed');
    expect(run.result).toMatchObject({ rounds: 2, found: false });
  });
});

describe('examples/fan-out', () => {
  it('examples/fan-out reads every file in a step of its own and joins the results', async () => {
    const { code, run } = await headrace(
      await temporaryFolder(),
      'run',
      'examples/fan-out/pipeline.ts',
      '--queue-concurrency',
      'default=2',
    );
    expect(code).toBe(0);
    expect(run.result).toEqual({ stations: 4, warmest: 'harbour', days: 62 });
    const join = run.steps.at(-1);
    expect(join).toMatchObject({
      name: 'compare',
      parents: ['summarize', 'summarize_1', 'summarize_2', 'summarize_3'],
    });
    expect(run.artifacts).toMatchObject([{ name: 'table' }]);
  });
});

describe('examples/multi-file', () => {
  it('examples/multi-file fits a line with code from several files', async () => {
    const { code, run } = await headrace(
      await temporaryFolder(),
      'run',
      'examples/multi-file/pipeline.ts',
    );
    expect(code).toBe(0);
    const result = run.result as { slope: number; rSquared: number };
    expect(result.slope).toBeCloseTo(0.9629, 3);
    expect(result.rSquared).toBeCloseTo(0.9271, 3);
  });

  it('examples/multi-file checks a parameter whose type is a union of literals', async () => {
    const home = await temporaryFolder();
    const { code, stdout, stderr } = await execute(
      process.execPath,
      ['dist/bin/headrace.js', 'run', 'examples/multi-file/pipeline.ts', '--arg', 'from=stem'],
      {
        cwd: ROOT,
        env: { HEADRACE_HOME: home },
      },
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('from');
    expect(stderr).toContain('sepalLength');
  });
});

describe('examples/failures', () => {
  const FILE = 'examples/failures/pipeline.ts';

  it('examples/failures retries, tolerates and catches failures', async () => {
    const { code, run } = await headrace(await temporaryFolder(), 'run', FILE);
    expect(code).toBe(0);
    expect(run).toMatchObject({ status: 'completed', result: { method: 'last price', next: 108 } });
    expect(statuses(run)).toEqual({
      download: 'completed',
      chart: 'failed',
      publish: 'skipped',
      forecast: 'failed',
      lastPrice: 'completed',
    });
    expect(run.steps[0]?.attempts.map(({ status }) => status)).toEqual([
      'failed',
      'failed',
      'completed',
    ]);
    expect(run.steps[0]?.attempts[0]?.reason).toContain('the source is down (attempt 1)');
  });

  it('examples/failures fails when all retries are used', async () => {
    const { code, run } = await headrace(
      await temporaryFolder(),
      'run',
      FILE,
      '--arg',
      'outages=9',
    );
    expect(code).toBe(1);
    expect(run.status).toBe('failed');
    expect(run.steps[0]).toMatchObject({ name: 'download', status: 'failed' });
    expect(run.steps[0]?.attempts).toHaveLength(4);
  });
});
