import { expect, test } from 'vitest';
import { MAX_METRIC_NAME_LENGTH } from '../../../src/model/limits.ts';
import { BatchingReporter } from '../../../src/runner/reporter.ts';

/** A message of SQS with its envelope. */
const MAX_QUEUE_BYTES = 1_048_576;

test.each(['損', '📉', '"', '\u0001'])(
  'a report of points with long names of %s fits into a message',
  async (text) => {
    const sizes: number[] = [];
    const points: number[] = [];
    const reporter = new BatchingReporter(async (_, report) => {
      sizes.push(Buffer.byteLength(JSON.stringify(report)));
      points.push(...report.points.map(({ iteration }) => iteration));
    });
    const name = text.repeat(MAX_METRIC_NAME_LENGTH / text.length);
    for (let iteration = 0; iteration < 2000; iteration += 1)
      reporter.report({
        kind: 'point',
        value: { title: name, series: name, iteration, value: 1 / 3, at: 1_700_000_000_000 },
      });
    await reporter.flush();
    expect(points).toEqual(Array.from({ length: 2000 }, (_, iteration) => iteration));
    expect(Math.max(...sizes)).toBeLessThan(MAX_QUEUE_BYTES / 4);
  },
);
