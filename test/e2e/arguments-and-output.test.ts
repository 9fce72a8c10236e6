import { describe, expect, it } from 'vitest';
import { aProject, type Project } from './cli.ts';
import { aServer } from './dev.ts';

const SOURCE = `import { component, pipeline } from 'headrace';
let attempts = 0;
export const load = component({ returnValues: ['train', 'test'] }, (n: number, when: Date) => [[n], [n]] as const);
export const fit = component(
  {
    preExecuteCallback: (run, node, params) => {
      if (params.rate === 0.2) params.rate = 41;
      console.log('before ' + node.name);
      return true;
    },
  },
  (rows: readonly number[], rate: number, options: { depth: number }) => rate,
);
export const best = component({}, ({ rates, note }: { rates: number[]; note: string }) => rates.length);
export const flaky = component({ retryOnFailure: 1, retryBackoff: { initialSeconds: 2 } }, async () => {
  const { existsSync, writeFileSync } = await import('node:fs');
  if (existsSync('tried')) return 1;
  writeFileSync('tried', '');
  throw new Error('not yet');
});
export const main = pipeline({ name: 'main', project: 'tests' }, async () => {
  console.log('first');
  const [train] = load(3, new Date(0));
  const rates = [0.1, 0.2].map((rate) => fit(train, rate, { depth: 3 }));
  await rates[0];
  console.warn('second');
  return await best({ rates, note: 'x' });
});
export const retrying = pipeline({ name: 'retrying', project: 'tests' }, async () => await flaky());
`;

const ARGUMENTS = {
  load: [
    { name: 'n', value: '3' },
    { name: 'when', value: '1970-01-01T00:00:00.000Z' },
  ],
  fit: [
    { name: 'rows', value: 'load.train' },
    { name: 'rate', value: '0.1' },
    { name: 'options', value: '{ depth: 3 }' },
  ],
  fit_1: [
    { name: 'rows', value: 'load.train' },
    { name: 'rate', value: '41', changedFrom: '0.2' },
    { name: 'options', value: '{ depth: 3 }' },
  ],
  best: [
    { name: 'rates', value: '[fit, fit_1]' },
    { name: 'note', value: '"x"' },
  ],
};

const argumentsBySteps = ({
  steps,
}: {
  readonly steps: readonly { readonly name: string; readonly arguments: unknown }[];
}): unknown => Object.fromEntries(steps.map((step) => [step.name, step.arguments]));

async function expectArgumentsAndOutput({ cli, json }: Project) {
  const { code, stdout } = await cli('run', 'main.ts', '--pipeline', 'main');
  expect(code).toBe(0);
  for (const line of ['first', 'before fit', 'second'])
    expect(
      stdout.split('\n').filter((each) => each.endsWith(` ${line}`)).length,
      line,
    ).toBeLessThan(2);
  expect(stdout).toContain(' first\n');
  expect(stdout).toContain('fit[rate=0.1]');
  expect(stdout).toContain('fit_1[rate=41]');

  const { run } = await json('runs', 'show', 'latest');
  expect(argumentsBySteps(run)).toEqual(ARGUMENTS);

  const step = await cli('runs', 'show', 'latest', 'fit_1');
  expect(step.stdout).toContain('  rate = 41 (a callback changed it from 0.2)\n');
  expect(step.stdout).toContain('attempt 1 completed: ');

  const logs = await cli('runs', 'logs', 'latest');
  const printed = logs.stdout.split('\n').slice(0, 5).sort();
  expect(printed).toEqual(['==> logic <==', 'before fit', 'before fit_1', 'first', 'warn: second']);

  const unknown = await cli('runs', 'logs', 'latest', '--step', 'nope');
  expect(unknown.stderr).toContain('has no step "nope"; it has load, fit, fit_1, best');
}

describe('arguments of steps and output of the logic', () => {
  it('are shown and kept for a local run', async () => {
    await expectArgumentsAndOutput(await aProject({ 'main.ts': SOURCE }));
  });

  it('are in the document of debug mode', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE });
    const { run } = await json('run', 'main.ts', '--pipeline', 'main', '--mode', 'debug');
    expect(argumentsBySteps(run)).toEqual(ARGUMENTS);
  });

  it('are shown and kept for a remote run', async () => {
    const { project } = await aServer({ 'main.ts': SOURCE });
    await expectArgumentsAndOutput(project);
  });

  it('a step that waits for its retry shows its error and the pause', async () => {
    const { cli } = await aProject({ 'main.ts': SOURCE });
    const { code, stdout } = await cli('run', 'main.ts', '--pipeline', 'retrying');
    expect(code).toBe(0);
    expect(stdout).toMatch(/flaky is tried again in 2\.0 s: Error: not yet/);
  });
});
