import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openHome } from '../../src/program-client/index.ts';
import { IMAGES } from '../images.ts';
import { aProject } from './cli.ts';

vi.setConfig({ testTimeout: 120_000 });

const SOURCE = `import { component, currentStep, pipeline } from 'headrace';
export const train = component({}, async () => {
  const { logger } = currentStep();
  for (const epoch of [1, 2]) {
    await logger.reportTable('../rows', 'a/b', [{ name: '=1+1', loss: NaN }, { name: 'x', loss: epoch }], epoch);
    await logger.reportImage('sample', 'dot', Buffer.from('${IMAGES.png?.toString('base64')}', 'base64'), epoch);
  }
  await logger.reportConfusionMatrix('classes', 'test', { labels: ['cat', 'dog'], counts: [[3, 1], [0, 4]] });
});
export const main = pipeline({ name: 'main', project: 'tests' }, async () => { await train(); });
`;

it('plots are printed, written to files inside of the folder, and read by programs', async () => {
  const project = await aProject({ 'main.ts': SOURCE });
  expect((await project.json('run', 'main.ts')).code).toBe(0);

  const printed = await project.cli('runs', 'plots', 'latest');
  expect(printed.stdout).toBe(`train  ../rows/a/b  table, 2 rows, iteration 2, the last of 2
name  loss
=1+1   NaN
x        2

train  sample/dot  png image, 3 × 2 pixels, 29 B, iteration 2, the last of 2

train  classes/test  confusion matrix, 2 labels, iteration 0
actual \\ predicted  cat  dog
cat                   3    1
dog                   0    4
accuracy 0.875 (7 of 8)
`);

  const written = await project.cli('runs', 'plots', 'latest', '--output', 'plots');
  expect(written).toMatchObject({ code: 0, stdout: '5 files in plots\n' });
  const folder = join(project.folder, 'plots');
  expect((await readdir(folder, { recursive: true })).sort()).toEqual([
    'train',
    'train/__rows-a_b-1.csv',
    'train/__rows-a_b-2.csv',
    'train/classes-test-0.csv',
    'train/sample-dot-1.png',
    'train/sample-dot-2.png',
  ]);
  expect(await readFile(join(folder, 'train/sample-dot-1.png'))).toEqual(IMAGES.png);
  // A spreadsheet must not evaluate what a step wrote.
  expect(await readFile(join(folder, 'train/__rows-a_b-1.csv'), 'utf8')).toBe(
    "name,loss\n'=1+1,NaN\nx,1\n",
  );

  const unknown = await project.cli('runs', 'plots', 'latest', '--plot', 'clases');
  expect(unknown).toMatchObject({ code: 2 });
  expect(unknown.stderr).toContain('it has ../rows/a/b, sample/dot, classes/test');

  const client = await openHome({ home: join(project.folder, '.headrace') });
  onTestFinished(() => client.close());
  const step = await (await client.run('latest')).step('train');
  const [table, image, , , matrix] = await step.plots();
  expect(await table?.table()).toMatchObject({
    rows: [
      ['=1+1', Number.NaN],
      ['x', 1],
    ],
  });
  expect(Buffer.from((await image?.bytes()) ?? [])).toEqual(IMAGES.png);
  expect(await matrix?.confusionMatrix()).toMatchObject({ labels: ['cat', 'dog'] });
  await expect(image?.table()).rejects.toThrow('is not a table: it is an image');
});
