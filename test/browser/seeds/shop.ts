/**
 * A home in which every screen has something to show: runs of each status, and two runs of a registered
 * pipeline with artifacts, a published model, metrics, entries of the cache, and a schedule.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { seedEveryStatus } from './homes.ts';

const COMMAND = resolve('dist/bin/headrace.js');

const PIPELINE = `
import { writeFile } from 'node:fs/promises';
import { component, currentStep, pipeline } from 'headrace';

const load = component({ returnValues: ['rows'], cache: true }, async function load(count: number) {
  return Array.from({ length: count }, (_, index) => index);
});

const fit = component({ returnValues: ['loss'] }, async function fit(rows: number[], rate: number) {
  const step = currentStep();
  for (let epoch = 0; epoch < 4; epoch++)
    step.logger.reportScalar('loss', 'train', rate / (epoch + 1), epoch);
  await step.uploadArtifact('table', [{ row: 1, name: 'a' }, { row: 2, name: 'b' }]);
  await writeFile('weights.bin', 'weights');
  await step.uploadModel('weights', 'weights.bin', { framework: 'onnx' });
  console.log('fitted', rows.length);
  return rate / rows.length;
});

export const main = pipeline({ name: 'shop' }, async (rate = 0.5, count = 3) => {
  await fit(load(count), rate);
});
`;

/** Fills the home of a project. The commands need some seconds. */
export async function seedShop(home: string, folder: string): Promise<void> {
  await seedEveryStatus(home);
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(resolve('.'), join(folder, 'node_modules/headrace'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  await writeFile(join(folder, 'shop.ts'), PIPELINE);
  const headrace = (...args: string[]) =>
    promisify(execFile)(process.execPath, [COMMAND, ...args, '--home', home], { cwd: folder });
  await headrace('run', 'shop.ts');
  await headrace('run', 'shop.ts', '--arg', 'rate=0.25');
  await headrace('models', 'publish', 'latest', 'weights', '--step', 'fit');
  await headrace('schedules', 'add', 'nightly', 'shop', '--cron', '0 3 * * *');
}
