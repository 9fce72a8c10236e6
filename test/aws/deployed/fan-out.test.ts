/**
 * A fan-out of a thousand calls in a deployed stack.
 *
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allItems } from '../../../src/client/client.ts';
import { startRemoteRun } from '../../../src/launch/remote/start-run.ts';
import { compile } from '../../../src/submit/compile.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { jobsOf } from './jobs.ts';
import { clientOf, pipelineFile, until } from './remote.ts';
import { simulatedContainers } from './simulated-containers.ts';

const WIDTH = 1000;

let cloud: Cloud;
beforeAll(async () => {
  const squares = simulatedContainers(
    () => cloud.aws,
    ([value], { component }) => (component === 'square' ? Number(value) ** 2 : component),
  );
  cloud = await startCloud({
    executor: { executor: squares, image: 'headrace/simulated' },
    batch: { maxRunning: 64 },
  });
});
afterAll(() => cloud?.stop());

it('a fan-out of a thousand calls is one array job, and each result counts once (simulated containers)', {
  timeout: 900_000,
}, async () => {
  const file = await pipelineFile(`
    import { component, pipeline } from 'headrace';
    const square = component({ returnValues: ['square'] }, async function square(value: number) { return value * value; });
    export const main = pipeline({ name: 'squares', version: '1' }, async function main(width: number) {
      const squares = await Promise.all(Array.from({ length: width }, (_, value) => square(value)));
      return squares.reduce((total, value) => total + value, 0);
    });`);
  const client = clientOf(cloud);
  const compiled = await compile({ file });
  const { id } = await startRemoteRun(
    { client, endpoint: cloud.endpoint },
    { compiled, args: { width: WIDTH }, noCache: false },
  );
  const run = await until(client, id, ({ endedAt }) => endedAt !== null, 2000);
  expect(run).toMatchObject({
    status: 'completed',
    error: null,
    steps: { total: WIDTH, unfinished: 0 },
  });
  expect(run.result).toMatchObject({
    text: JSON.stringify(((WIDTH - 1) * WIDTH * (2 * WIDTH - 1)) / 6),
  });
  const outcomes = new Map<string, number>();
  for await (const { status, attempts } of allItems((cursor) => client.steps(id, cursor))) {
    const outcome = `${status} at attempt ${attempts.length}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect(outcomes).toEqual(new Map([['completed at attempt 1', WIDTH]]));
  expect((await jobsOf(cloud, id)).map(({ arrayProperties }) => arrayProperties?.size)).toEqual([
    WIDTH,
  ]);
});
