import { PipelineDecorator } from 'headrace';
import { expect, test } from 'vitest';
import { houses, mean } from './pipeline.ts';

// In debug mode a pipeline and its steps are plain calls in the process of the test.
PipelineDecorator.debugPipeline();

test('the mean of numbers', () => {
  expect(mean([1, 2, 6])).toBe(3);
});

test('the pipeline finds a line that predicts prices', async () => {
  const { error } = await houses('data/houses.csv');
  expect(error).toBeLessThan(30);
});
