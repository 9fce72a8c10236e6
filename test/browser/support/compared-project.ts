/**
 * Three real runs of one pipeline: with other arguments, and the last one with other code.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const COMMAND = join(ROOT, 'dist/bin/headrace.js');

const source = (options: { readonly formula: string; readonly end: string }) => `
import { component, currentStep, pipeline } from 'headrace';

export const load = component({ returnValues: ['rows'] }, async function load(count: number) {
  return Array.from({ length: count }, (_, index) => index);
});

export const train = component(
  { returnValues: ['loss'] },
  async function train(rows: number[], rate: number) {
    for (let epoch = 0; epoch < 20; epoch++)
      currentStep().logger.reportScalar('loss', 'train', ${options.formula}, epoch);
    return rows.length * rate;
  },
);

export const score = component({ returnValues: ['points'] }, async function score(loss: number) {
  return 1 - loss;
});

export const main = pipeline({ name: 'fit' }, async (count = 3, rate = 0.5) => {
  const loss = train(load(count), rate);
  ${options.end}
});
`;

const FIRST = source({ formula: '1 / (1 + rate * epoch)', end: 'return await loss;' });
const SECOND = source({ formula: '2 / (2 + rate * epoch)', end: 'return await score(loss);' });

/** Writes the project into the folder, and runs it three times. Returns the ids of the runs. */
export async function runComparedProject(
  folder: string,
  home: string,
): Promise<readonly [string, string, string]> {
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(ROOT, join(folder, 'node_modules/headrace'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  const headrace = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...args], {
      cwd: folder,
      env: { ...process.env, HEADRACE_HOME: home },
    });
    return stdout;
  };
  for (const [code, rate] of [
    [FIRST, '0.2'],
    [FIRST, '0.7'],
    [SECOND, '2'],
  ] as const) {
    await writeFile(join(folder, 'pipeline.ts'), code);
    await headrace('run', 'pipeline.ts', '--arg', `rate=${rate}`);
  }
  const runs: readonly { readonly id: string; readonly number: number }[] = JSON.parse(
    await headrace('runs', 'list', '--json'),
  );
  const idOf = (number: number) => runs.find((run) => run.number === number)?.id ?? '';
  return [idOf(1), idOf(2), idOf(3)];
}
