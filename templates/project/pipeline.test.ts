import { runPipeline } from 'headrace/testing';
import { expect, test } from 'vitest';
import { houses, mean } from './pipeline.ts';

test('the mean of numbers', () => {
  expect(mean([1, 2, 6])).toBe(3);
});

test('the pipeline finds a line that predicts prices', async () => {
  const run = await runPipeline(houses, ['data/houses.csv']);
  expect(run.result?.error).toBeLessThan(30);
});

test('every line is fitted to the houses that were loaded', async () => {
  const rows = [10, 20, 30, 40].map((size) => ({ size, price: 2 * size + 1 }));
  const run = await runPipeline(houses, ['any.csv', 0.5], { steps: { load: () => rows } });
  expect(run.calls('fit').map(({ args }) => args)).toEqual([
    [rows.slice(0, 2), 0],
    [rows.slice(0, 2), 100],
    [rows.slice(0, 2), 1000],
  ]);
});
