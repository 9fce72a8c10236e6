/**
 * Registered models and their use in pipelines: the same commands with the same outcomes on this
 * machine, behind `headrace dev` and in emulated AWS.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Project } from '../e2e/cli.ts';
import type { RunDocument } from '../unit/cli/contract.ts';

export const MODEL_FILES = {
  'train.ts': `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { component, currentStep, pipeline } from 'headrace';

const train = component({}, async (lr: number) => {
  const step = currentStep();
  const file = join(step.temporaryDirectory, 'weights.bin');
  writeFileSync(file, 'weights for ' + lr);
  await step.uploadModel('model', file, { framework: 'onnx', metadata: { lr } });
});
export const iris = pipeline({ name: 'iris', project: 'flowers' }, async (lr: number) => await train(lr));
`,
  'predict.ts': `
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ArtifactFile, component, pipeline, type RegisteredModel, useModel } from 'headrace';

const predict = component({ cache: true }, async ({ file, info }: RegisteredModel) =>
  [info.name, info.version, basename(file.path), await readFile(file.path, 'utf8')].join(' '));
const size = component({ cache: true }, async (file: ArtifactFile) => (await readFile(file.path)).length);
export const main = pipeline({ name: 'predict', project: 'flowers' }, async (reference = 'iris@published') => {
  const model = useModel(reference);
  return [await predict(model), await size(model.file), (await model.info).metadata];
});
`,
} as const;

const statuses = ({ steps }: RunDocument): unknown =>
  steps.map(({ name, status, usedModel }) =>
    usedModel === null ? [name, status] : [name, status, `${usedModel.name}@${usedModel.version}`],
  );

/** @param project has the files above */
export async function expectModelsAreUsed(
  { folder, cli, json }: Project,
  target: readonly string[] = [],
): Promise<void> {
  const succeeds = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(...args, ...target);
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  };
  const predict = (...args: readonly string[]) => json('run', 'predict.ts', ...args, ...target);
  const publish = async (lr: string): Promise<string> => {
    const { run } = await json('run', 'train.ts', '--arg', `lr=${lr}`, ...target);
    await succeeds('models', 'publish', run.id, 'model', '--name', 'iris', '--tag', `lr-${lr}`);
    return run.id;
  };

  const original = await publish('0.1');
  const first = await predict();
  expect(first.run).toMatchObject({
    status: 'completed',
    result: ['iris 1 weights.bin weights for 0.1', 15, { lr: 0.1 }],
  });
  expect(statuses(first.run)).toEqual([
    ['useModel', 'completed', 'iris@1'],
    ['predict', 'completed'],
    ['size', 'completed'],
  ]);
  expect(await succeeds('runs', 'show', first.run.id)).toContain('iris@1');

  const trained = await publish('0.2');
  const second = await predict();
  expect(second.run.result).toEqual(['iris 2 weights.bin weights for 0.2', 15, { lr: 0.2 }]);
  expect(await succeeds('runs', 'why', second.run.id, 'predict')).toContain(
    'model iris@1 → iris@2',
  );
  const pinned = await predict('--arg', 'reference=flowers/iris@1');
  expect(statuses(pinned.run)).toEqual([
    ['useModel', 'completed', 'iris@1'],
    ['predict', 'cached'],
    ['size', 'cached'],
  ]);
  expect(await succeeds('runs', 'why', pinned.run.id, 'predict')).toContain('taken from the cache');

  // The run that wrote version 2 is removed after a run used it.
  await succeeds('models', 'unpublish', 'iris@2');
  await succeeds('runs', 'remove', trained);
  const rerun = await json(
    ...['runs', 'rerun', second.run.id, '--from', 'predict', '--no-cache', ...target],
  );
  expect(rerun.run.result).toEqual(second.run.result);

  // Each run that uses a version, the newest first: a rerun that took the version over, too.
  const usesOf = async (version: string): Promise<unknown> => {
    const { uses } = JSON.parse(await succeeds('models', 'show', version, '--json'));
    return uses;
  };
  const aUse = ({ id, number }: RunDocument) => ({
    ...{ run: id, project: 'flowers', pipeline: 'predict', number, status: 'completed' },
    ...{ call: 0, step: 'useModel', receivers: ['predict', 'size'], usedAt: expect.any(Number) },
  });
  expect(await usesOf('iris@2')).toEqual([rerun.run, second.run].map(aUse));
  expect(await usesOf('iris@1')).toEqual([pinned.run, first.run].map(aUse));
  expect(await succeeds('models', 'show', 'iris@2')).toContain(
    `predict#${second.run.number} ${second.run.id} completed: predict, size`,
  );
  await succeeds('runs', 'remove', pinned.run.id);
  expect(await usesOf('iris@1')).toEqual([aUse(first.run)]);

  expect(JSON.parse(await succeeds('models', 'list', '--json'))).toEqual([
    { project: 'flowers', name: 'iris', latest: 2, published: 1 },
  ]);
  await succeeds('models', 'tag', 'iris@1', '--add', 'champion', '--remove', 'lr-0.1');
  expect(JSON.parse(await succeeds('models', 'show', 'iris', '--json'))).toMatchObject({
    version: 1,
    tags: ['champion'],
    metadata: { lr: 0.1 },
    source: { pipeline: 'iris', number: 1, step: { name: 'train' } },
  });
  await succeeds('runs', 'remove', original);
  await succeeds('models', 'get', 'iris', '-o', 'weights.bin');
  expect(await readFile(join(folder, 'weights.bin'), 'utf8')).toBe('weights for 0.1');
}
