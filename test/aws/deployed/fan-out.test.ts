/**
 * A fan-out as wide as a thousand, in a deployed stack.
 *
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cloud, startCloud } from './cloud.ts';
import { jobsOf } from './jobs.ts';
import { pipelineFile, printed } from './remote.ts';
import { standInExecutor } from './stand-in.ts';

const WIDTH = 1000;

let cloud: Cloud;
beforeAll(async () => {
  const squares = standInExecutor(
    () => cloud.aws,
    ([value], { component }) => (component === 'square' ? Number(value) ** 2 : component),
  );
  cloud = await startCloud({ executor: { executor: squares, image: 'headrace/stand-in' }, batch: { maxRunning: 64 } });
});
afterAll(() => cloud?.stop());

it('a fan-out of a thousand calls is one array job, and each of its answers counts once (containers stood in for)', { timeout: 900_000 }, async () => {
  const file = await pipelineFile(`
    import { component, pipeline } from 'headrace';
    const square = component({ returnValues: ['square'] }, async function square(value: number) { return value * value; });
    export const main = pipeline({ name: 'squares', version: '1' }, async function main(width: number) {
      const squares = await Promise.all(Array.from({ length: width }, (_, value) => square(value)));
      return squares.reduce((total, value) => total + value, 0);
    });`);
  const { run, stderr } = await printed(cloud, 'run', file, '--arg', `width=${WIDTH}`);
  expect(run, stderr).toMatchObject({ status: 'completed', result: ((WIDTH - 1) * WIDTH * (2 * WIDTH - 1)) / 6 });
  expect(run.steps.filter(({ status, attempts }) => status === 'completed' && attempts.length === 1)).toHaveLength(WIDTH);
  expect((await jobsOf(cloud, run.id)).map(({ arrayProperties }) => arrayProperties?.size)).toEqual([WIDTH]);
});
