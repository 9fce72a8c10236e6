import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type * as programClient from '../../src/program-client/index.ts';
import type { HeadraceClient } from '../../src/program-client/index.ts';
import { aProject } from './cli.ts';
import { aServer } from './dev.ts';
import { ROOT, temporaryFolder } from './headrace.ts';

const { connect, openHome }: typeof programClient = await import(join(ROOT, 'dist/client.js'));

const FILE = `
import { ArtifactFile, component, currentStep, pipeline, PipelineDecorator } from 'headrace';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const load = component({ returnValues: ['byName', 'bytes'] }, function load(count: number) {
  console.log('loading ' + count);
  return [new Map([['a', new Date(count)]]), new Uint8Array([1, 2, count])] as const;
});
const train = component({ returnValues: ['model', 'folder'] }, async function train(rate: number) {
  const { logger, temporaryDirectory } = currentStep();
  logger.reportScalar('loss', 'train', rate, 0);
  logger.reportScalar('loss', 'train', Infinity, 1);
  await currentStep().uploadArtifact('notes', { rate }, { metadata: { unit: '%' } });
  const folder = join(temporaryDirectory, 'out');
  await mkdir(folder);
  await writeFile(join(folder, 'a.txt'), 'in the folder');
  return [{ rate, big: 'x'.repeat(300_000) }, new ArtifactFile(folder)] as const;
});

export const main = pipeline({ name: 'trains', project: 'team/ml' }, async function main(count: number, rates: number[] = [1, 2]) {
  const [byName] = load(count);
  await byName;
  await Promise.all(rates.map((rate) => train(rate)));
  await PipelineDecorator.uploadArtifact('summary', [count, ...rates]);
  if (count < 0) throw new RangeError('the count is negative');
  return new Set(rates);
});
`;

/** The same for a home and for an API: all that a script reads of runs that it starts. */
async function readsAndStarts(headrace: HeadraceClient, file: string): Promise<void> {
  const started = await headrace.start({ file, args: { count: 7 } });
  expect(started).toMatchObject({ pipeline: 'trains', project: 'team/ml', number: 1 });
  const run = await started.wait();
  expect(run).toMatchObject({ id: started.id, status: 'completed', args: { count: 7 } });
  expect(await run.result()).toEqual(new Set([1, 2]));
  expect(await run.artifact('summary')).toEqual([7, 1, 2]);
  expect(await run.logs()).toContain('loading 7\n');

  for (const name of ['latest', 'trains#1', 'team/ml/trains#1', run.id, run.id.slice(0, 20)])
    expect((await headrace.run(name)).id, name).toBe(run.id);
  for (const name of ['trains#2', 'other#1', 'ml/trains#1', '0zzzzzzzz'])
    await expect(headrace.run(name), name).rejects.toThrow('there is no run');

  const steps = await run.steps();
  expect(steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'load completed',
    'train completed',
    'train_1 completed',
  ]);
  const load = await run.step('load');
  expect(await load.artifact('byName')).toEqual(new Map([['a', new Date(7)]]));
  expect([...((await load.artifact('bytes')) as Uint8Array)]).toEqual([1, 2, 7]);
  expect(await load.logs({ attempt: 1 })).toContain('loading 7');
  await expect(load.artifact()).rejects.toThrow('name one of byName, bytes');
  await expect(load.artifact('model')).rejects.toThrow('it has byName, bytes');
  await expect(run.step('lod')).rejects.toThrow('it has load, train, train_1');

  const train = await run.step('train_1');
  expect(await train.artifact('model')).toMatchObject({ rate: 2 });
  const outputs = await train.outputs();
  expect(outputs.map(({ name, kind }) => `${kind} ${name}`)).toEqual(
    expect.arrayContaining(['artifact model', 'artifact folder', 'artifact notes']),
  );
  expect(outputs.find(({ name }) => name === 'notes')?.metadata).toEqual({ unit: '%' });
  const folder = outputs.find(({ name }) => name === 'folder');
  await expect(folder?.value()).rejects.toThrow('save(path)');
  const target = join(await temporaryFolder(), 'unpacked');
  expect(await folder?.save(target)).toBe(target);
  expect(await readFile(join(target, 'a.txt'), 'utf8')).toBe('in the folder');

  expect(train.metrics).toMatchObject([
    {
      title: 'loss',
      series: 'train',
      step: 'train_1',
      points: [{ value: 2 }, { value: Number.POSITIVE_INFINITY }],
    },
  ]);
  expect((await run.metrics()).map(({ step }) => step)).toEqual(['train', 'train_1']);

  const failed = await (await headrace.start({ file, args: { count: -1, rates: [3] } })).wait();
  expect(failed).toMatchObject({ status: 'failed', error: { name: 'RangeError' } });
  await expect(failed.result()).rejects.toThrow('the count is negative');
  expect((await headrace.runs()).map(({ number }) => number)).toEqual([2, 1]);
  expect(await headrace.runs({ status: 'completed' })).toMatchObject([{ id: run.id }]);
  expect(await headrace.runs({ limit: 1, project: 'team/ml' })).toMatchObject([{ number: 2 }]);
  expect(await headrace.runs({ pipeline: 'others' })).toEqual([]);
  await expect(headrace.start({ file, args: { cuont: 1 } })).rejects.toThrow('cuont');
  expect((await run.refresh()).status).toBe('completed');
}

it('a script starts and reads the runs of a home: results, values, metrics and logs', async () => {
  const project = await aProject({ 'pipeline.ts': FILE });
  const headrace = await openHome({ home: join(await temporaryFolder(), 'home') });
  expect(await headrace.runs()).toEqual([]);
  await expect(headrace.run('latest')).rejects.toThrow('does not exist');
  try {
    await readsAndStarts(headrace, join(project.folder, 'pipeline.ts'));
  } finally {
    await headrace.close();
  }
}, 120_000);

it('a script starts and reads the runs of an API: results, values, metrics and logs', async () => {
  const { project, endpoint } = await aServer({ 'pipeline.ts': FILE });
  const headrace = await connect({ endpoint });
  try {
    await readsAndStarts(headrace, join(project.folder, 'pipeline.ts'));
  } finally {
    await headrace.close();
  }
}, 120_000);

it('a script waits for a run of another process, and learns that its process has ended', async () => {
  const project = await aProject({
    'pipeline.ts': FILE.replace('await byName;', 'await sleep("1h");').replace(
      'currentStep,',
      'currentStep, sleep,',
    ),
  });
  const running = project.start('run', 'pipeline.ts', '--arg', 'count=1');
  await running.printed('load completed');
  const headrace = await openHome({ home: project.home });
  try {
    const run = await headrace.run('latest');
    expect(run.status).toBe('running');
    const waiting = run.wait();
    running.process.kill('SIGKILL');
    await expect(waiting).rejects.toThrow('no process executes it');
  } finally {
    await headrace.close();
  }
}, 60_000);
