/**
 * Exports and removals of runs, and completion of their names, with the built command.
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { aProject, expectRefusal, type Project } from './cli.ts';
import { aServer } from './dev.ts';

vi.setConfig({ testTimeout: 180_000 });

const SOURCE = `
  import { writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  import { ArtifactFile, component, currentStep, pipeline } from 'headrace';
  const train = component({ returnValues: ['rows', 'weights'] }, async (lr: number) => {
    const step = currentStep();
    console.log('trains 💧 with', lr);
    step.logger.reportScalar('loss', 'test', lr, 0);
    const file = join(step.temporaryDirectory, 'weights.bin');
    writeFileSync(file, 'weights');
    return [[1, 2, 3], new ArtifactFile(file)] as const;
  });
  export const main = pipeline({ name: 'iris', project: 'flowers' }, async (lr: number = 0.5) => {
    const [rows] = train(lr);
    return await rows;
  });`;

const FILES = { 'main.ts': SOURCE };

const MODES: Readonly<Record<string, () => Promise<Project>>> = {
  'on this machine': () => aProject(FILES),
  'behind headrace dev': async () => (await aServer(FILES)).project,
};

describe.each(Object.keys(MODES))('runs %s', (mode) => {
  it('a run is exported as one document or as a folder with its files, and removed by a filter', async () => {
    const project = (await MODES[mode]?.()) ?? (await aProject(FILES));
    const cli = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await project.cli(...args);
      expect({ args, code, stderr }).toMatchObject({ code: 0 });
      return stdout;
    };
    await cli('run', 'main.ts');
    const document = JSON.parse(await cli('runs', 'export', 'iris#1'));
    expect(document).toMatchObject({
      format: 'headrace-run',
      version: 1,
      run: {
        pipeline: 'iris',
        number: 1,
        status: 'completed',
        result: [1, 2, 3],
        args: { lr: 0.5 },
        steps: [
          {
            name: 'train',
            status: 'completed',
            arguments: [{ name: 'lr' }],
            metrics: [{ title: 'loss', series: 'test', points: [{ value: 0.5 }] }],
          },
        ],
      },
    });
    expect(document.log).toContain('trains 💧 with 0.5');

    await cli('runs', 'export', 'iris#1', '--output', 'out/iris-1', '--artifacts');
    const folder = join(project.folder, 'out/iris-1');
    const { run, files, logFile, log } = JSON.parse(
      await readFile(join(folder, 'run.json'), 'utf8'),
    );
    expect(run).toEqual(document.run);
    expect({ logFile, log }).toEqual({ logFile: 'log.txt', log: undefined });
    expect(await readFile(join(folder, logFile), 'utf8')).toBe(document.log);
    expect(files).toEqual([
      { step: 'train', kind: 'artifact', name: 'rows', path: 'artifacts/steps/train/rows' },
      { step: 'train', kind: 'artifact', name: 'weights', path: 'artifacts/steps/train/weights' },
    ]);
    expect(JSON.parse(await readFile(join(folder, files[0].path), 'utf8'))).toEqual([1, 2, 3]);
    expect(await readFile(join(folder, files[1].path), 'utf8')).toBe('weights');
    expectRefusal(await project.cli('runs', 'export', 'iris#1', '-o', 'out/iris-1'), 'exists');
    expect(await readdir(join(project.folder, 'out'))).toEqual(['iris-1']);
    expectRefusal(await project.cli('runs', 'export', 'iris#1', '--artifacts'), 'needs a folder');

    expectRefusal(await project.cli('runs', 'remove', '--pipeline', 'iris'), 'with --yes');
    expect(await cli('runs', 'remove', '--status', 'failed', '--yes')).toBe('removed 0 runs\n');
    expect(await cli('runs', 'remove', '--pipeline', 'iris', '--yes')).toContain('removed 1 run\n');
    expect(JSON.parse(await cli('runs', 'list', '--json'))).toEqual([]);
  });
});

it('names of runs, steps and pipelines of the home are completed', async () => {
  const project = await aProject(FILES);
  await project.cli('run', 'main.ts');
  const complete = async (...words: readonly string[]) =>
    (await project.cli('completion', 'bash', '--', ...words)).stdout;
  expect(await complete('runs', 'show', 'ir')).toBe('iris#1\tflowers, completed\n');
  expect(await complete('runs', 'logs', 'iris#1', '--step', '')).toBe('train\tcompleted\n');
  expect(await complete('runs', 'list', '--pipeline', '')).toBe('iris\t\n');
});
