import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import {
  ArtifactFile,
  component,
  currentStep,
  OutsideStepError,
  PipelineDecorator,
  pipeline,
  type RegisteredModel,
  sleep,
  useModel,
} from '../../../src/index.ts';
import { runPipeline, runStep } from '../../../src/testing/index.ts';

const load = component({ returnValues: ['rows'] }, function load(path: string): number[] {
  throw new Error(`${path} is not there`);
});
const split = component(
  { returnValues: ['train', 'test'] },
  (rows: number[]) => [rows.slice(1), rows.slice(0, 1)] as const,
);
const train = component({ retryOnFailure: 1 }, (rows: number[], rate: number) => {
  currentStep().logger.reportScalar('loss', 'train', rows.length * rate, 0);
  currentStep().logger.reportText('trained');
  return rows.length * rate;
});

const search = pipeline({ name: 'search' }, async (path: string, rates = [1, 2]) => {
  const [rows, held] = split(load(path));
  const models = await Promise.all(rates.map((rate) => train(rows, rate)));
  return { best: Math.max(...models), held };
});

it('a pipeline runs with a step replaced, and its calls and their arguments are recorded', async () => {
  const run = await runPipeline(search, ['a.csv'], { steps: { load: () => [7, 8, 9] } });
  expect(run).toMatchObject({ status: 'completed', result: { best: 4, held: [7] } });
  expect(run.steps.map(({ name }) => name)).toEqual(['load', 'split', 'train', 'train_1']);
  expect(run.calls('load')).toMatchObject([{ args: ['a.csv'], values: { rows: [7, 8, 9] } }]);
  expect(run.calls('train').map(({ args }) => args)).toEqual([
    [[8, 9], 1],
    [[8, 9], 2],
  ]);
  expect(run.calls('train')[1]).toMatchObject({
    parents: ['split'],
    metrics: [{ title: 'loss', series: 'train', value: 4, iteration: 0 }],
  });
  expect(run.output).toContain('[train_1] trained');
});

it('a failed run is returned with its error, its attempts and the steps that were skipped', async () => {
  let calls = 0;
  const run = await runPipeline(search, ['a.csv', [1]], {
    steps: {
      load: () => [1, 2],
      train: () => {
        calls += 1;
        throw new RangeError('too large');
      },
    },
  });
  expect(calls).toBe(2);
  expect(run).toMatchObject({ status: 'failed', result: undefined });
  expect(String(run.error)).toContain('too large');
  expect(run.calls('train')).toMatchObject([
    { status: 'failed', attempts: 2, error: new RangeError('too large'), values: {} },
  ]);
  const missing = await runPipeline(search, ['a.csv', [1]]);
  expect(missing.calls('train')).toMatchObject([{ status: 'skipped', args: undefined }]);
});

it('a component that is not replaced fails if others are forbidden', async () => {
  const run = await runPipeline(search, ['a.csv'], {
    steps: { load: () => [1] },
    others: 'fail',
  });
  expect(run.status).toBe('failed');
  expect(String(run.calls('split')[0]?.error)).toContain('component split is not replaced');
});

it('an unknown name of a component is refused with the nearest one', async () => {
  await expect(runPipeline(search, ['a.csv'], { steps: { lod: () => [] } })).rejects.toThrow(
    'no component is called "lod": did you mean load?',
  );
  const run = await runPipeline(search, ['a.csv'], { steps: { load: () => [1] } });
  expect(() => run.calls('trian')).toThrow('did you mean train?');
});

it('a function that is no pipeline is refused', async () => {
  await expect(runPipeline(async () => 1, [])).rejects.toThrow('not what pipeline(…) returned');
});

it('the arguments of a pipeline are checked by the compiler', () => {
  const wrong = (): unknown[] => [
    // @ts-expect-error: the path is a text
    runPipeline(search, [1]),
    // @ts-expect-error: the path is required
    runPipeline(search, []),
    // @ts-expect-error: the run has no such signal handler
    runPipeline(search, ['a'], { fakes: {} }),
  ];
  expect(wrong).toBeTypeOf('function');
});

it('runs of tests do not change the mode of the program, and can run at the same time', async () => {
  const runs = await Promise.all(
    [1, 2, 3].map((rate) =>
      runPipeline(search, ['a', [rate]], { steps: { load: () => [1, rate] } }),
    ),
  );
  expect(runs.map(({ result }) => result)).toEqual([
    { best: 1, held: [1] },
    { best: 2, held: [1] },
    { best: 3, held: [1] },
  ]);
});

it('a function that uses currentStep() is called as a step, and what it reports is recorded', async () => {
  const controller = new AbortController();
  const { value, reported, artifacts, models } = await runStep(
    async () => {
      const step = currentStep();
      step.logger.reportScalar('loss', 'train', 0.5, 3);
      const file = join(step.temporaryDirectory, 'model.bin');
      await writeFile(file, 'weights');
      await step.uploadArtifact('rows', [1, 2], { metadata: { unit: 'm' } });
      await step.uploadModel('net', file, { framework: 'onnx' });
      await PipelineDecorator.uploadArtifact('total', 3);
      await sleep(0);
      controller.abort();
      const { name, component: componentName, attempt, run, signal, temporaryDirectory } = step;
      return { name, componentName, attempt, run, aborted: signal.aborted, temporaryDirectory };
    },
    {
      name: 'train_1',
      component: 'train',
      attempt: 2,
      run: { number: 7 },
      signal: controller.signal,
    },
  );
  expect(value).toMatchObject({
    name: 'train_1',
    componentName: 'train',
    attempt: 2,
    run: { id: 'test', number: 7, pipeline: 'test', project: 'default' },
    aborted: true,
  });
  // The model's file is there for the test.
  expect(existsSync(String(models[0]?.value))).toBe(true);
  await rm(dirname(value.temporaryDirectory), { recursive: true });
  expect(reported).toEqual([{ method: 'reportScalar', args: ['loss', 'train', 0.5, 3] }]);
  expect(artifacts).toEqual([
    { name: 'rows', value: [1, 2], metadata: { unit: 'm' }, onRun: false },
    { name: 'total', value: 3, metadata: undefined, onRun: true },
  ]);
  expect(models).toMatchObject([{ name: 'net', onRun: false }]);
});

it('the function of a step throws its own error, and leaves no step behind', async () => {
  const error = new RangeError('no rows');
  await expect(
    runStep(() => {
      throw error;
    }),
  ).rejects.toBe(error);
  expect(() => currentStep()).toThrow(OutsideStepError);
});

it('what a run refuses is refused in a test, too', async () => {
  await expect(runStep(() => currentStep().uploadArtifact('', 1))).rejects.toThrow('name');
  const { value } = await runStep(() => currentStep().temporaryDirectory);
  expect(existsSync(value)).toBe(false);
});

it('a test replaces useModel as any other step', async () => {
  const predict = component({}, ({ info }: RegisteredModel, row: number) => info.version * row);
  const main = pipeline({ name: 'main' }, async () => await predict(useModel('iris'), 7));
  const info = { project: 'p', name: 'iris', version: 3, framework: null, metadata: null };
  const run = await runPipeline(main, [], {
    steps: { useModel: () => [new ArtifactFile(import.meta.filename), info] },
  });
  expect(run.error).toBeUndefined();
  expect(run.result).toBe(21);
});
