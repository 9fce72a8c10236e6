import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { printedExplanationSchema, printedSeriesSchema } from '../../src/wire/printed.ts';
import { aProject, type Project } from './cli.ts';
import { aServer } from './dev.ts';

vi.setConfig({ testTimeout: 180_000 });

const SOURCE = `import { component, currentStep, pipeline } from 'headrace';
export const train = component(
  { cache: true, monitorMetrics: ['loss'], monitorArtifacts: ['notes'] },
  async (rate: number) => {
    const step = currentStep();
    for (let i = 0; i < 3; i++) step.logger.reportScalar('loss', 'train', Math.abs(rate - 0.2) + 1 / (i + 1), i);
    step.logger.reportText('trained with ' + rate);
    await step.uploadArtifact('notes', { rate });
    return rate;
  },
);
export const last = component({}, (rates: number[]) => rates.length);
export const main = pipeline({ name: 'main', project: 'tests' }, async () =>
  await last([0.1, 0.2, 0.3].map((rate) => train(rate))),
);
`;

const MODES: Readonly<Record<string, () => Promise<Project>>> = {
  'on this machine': () => aProject({ 'main.ts': SOURCE }),
  'behind headrace dev': async () => (await aServer({ 'main.ts': SOURCE })).project,
};

for (const [mode, open] of Object.entries(MODES))
  it(`metrics of a fan-out are compared, and results that were taken over show and name their origin, ${mode}`, async () => {
    const project = await open();
    const print = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await project.cli(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const seriesOf = async (...args: readonly string[]) =>
      z
        .array(printedSeriesSchema)
        .parse(JSON.parse(await print('runs', 'metrics', ...args, '--json')))
        .map(({ label, min, origin }) => ({ label, min: min?.value, origin }));
    const why = async (step: string) =>
      z
        .array(printedExplanationSchema)
        .parse(JSON.parse(await print('runs', 'why', 'latest', step, '--json')))[0];

    const first = await project.json('run', 'main.ts');
    expect(first.code).toBe(0);
    expect(await seriesOf('latest', '--sort', 'loss/train')).toMatchObject([
      { label: 'train_1[rate=0.2]', min: 1 / 3, origin: null },
      {},
      {},
    ]);
    const sorted = await print('runs', 'metrics', 'latest', '--sort', 'loss/train');
    expect(sorted.split('\n').at(-2)).toBe(
      'best: train_1[rate=0.2], loss/train 0.33333 at iteration 2',
    );
    const csv = await print('runs', 'metrics', 'latest', '--step', 'train_2', '--csv');
    expect(csv.split('\n')[1]).toMatch(/^train_2,2,rate=0\.3,loss,train,0,1\.1,/);
    expect(await why('train')).toMatchObject({ decision: 'computed', comparedWith: null });

    const cached = await project.json('run', 'main.ts');
    const curves = cached.run.metrics.map(({ title, points }) => [title, points.length]);
    expect(curves).toEqual([
      ['loss', 3],
      ['loss', 3],
      ['loss', 3],
    ]);
    expect(cached.run.artifacts.map(({ name }) => name)).toEqual(['notes']);
    expect((await seriesOf('latest', '--step', 'train_1'))[0]?.origin).toBe(
      'from train_1 of main#1',
    );
    expect(await print('runs', 'logs', 'latest', '--step', 'train_1')).toMatch(
      /train_1, from train_1 of main#1.*trained with 0\.2/s,
    );
    expect(await why('train_1')).toMatchObject({ decision: 'hit', origin: { number: 1 } });

    const rerun = await project.json('runs', 'rerun', cached.run.id, '--from', 'last');
    expect(rerun.run.metrics).toHaveLength(3);
    expect(rerun.run.artifacts.map(({ name }) => name)).toEqual(['notes']);
    expect(await print('runs', 'show', 'latest')).toMatch(
      /train_1\[rate=0\.2\] +adopted .*taken over from train_1 of main#2/,
    );
    expect(await why('train_1')).toMatchObject({ decision: 'adopted' });

    await print('runs', 'remove', first.run.id);
    const removed = await seriesOf('latest');
    expect(removed).toEqual([]);
    expect(await print('runs', 'logs', cached.run.id, '--step', 'train_1')).toContain(
      'which was removed or has expired',
    );
  });
