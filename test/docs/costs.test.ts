/**
 * The figures of docs/costs.md that are computed, and those that are sums of others.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  COMPUTE_PRICES,
  type Costs,
  stepCosts,
  trainingCosts,
} from '../../bench/aws/comparison.ts';
import { PRICES } from '../../bench/aws/prices.ts';
import { read, tableRows } from './markdown.ts';

const page = read('docs/costs.md');

/** The figure of a key of `bench:aws`, as the page states it. */
function figureOf(key: string): number {
  const row = tableRows(page, 'Figures of 0.1.0').find(([keys]) => keys === `\`${key}\``);
  return dollars(row?.[1]);
}

/** The first amount of a text in dollars. */
const dollars = (text = ''): number => Number(/\$([\d.]+)/.exec(text)?.[1]);

const numbersOf = (row: readonly string[]): readonly number[] => row.slice(1).map(Number);

describe('docs/costs.md', () => {
  it('the worked example is what its function computes from the prices and the counted share', () => {
    const rows = tableRows(page, 'A worked example: 1,000 trainings of ten minutes').slice(0, 5);
    const { headrace, stepFunctions, sageMaker } = trainingCosts(figureOf('price.trainings'));
    const all = [headrace, stepFunctions, sageMaker];
    const parts: readonly (keyof Costs)[] = [
      'compute',
      'attached',
      'logs',
      'orchestration',
      'total',
    ];
    expect(rows.map(numbersOf)).toEqual(
      parts.map((part) => all.map((costs) => Number(costs[part].toFixed(2)))),
    );
    const share = (headrace.orchestration / headrace.total) * 100;
    expect(page).toContain(`share is ${share.toFixed(2)} %: $${headrace.orchestration}`);
  });

  it('the comparison of Lambda and Fargate is computed from their prices', () => {
    const rows = tableRows(page, 'Fargate or Lambda');
    expect(rows.length).toBeGreaterThanOrEqual(6);
    for (const row of rows) {
      const { lambda, fargate } = stepCosts(Number.parseInt(row[0] ?? '', 10));
      expect(numbersOf(row), row[0]).toEqual([lambda, fargate].map((n) => Number(n.toFixed(2))));
    }
  });

  it('the items of an idle month add up to its figure', () => {
    const rows = tableRows(page, 'A month of a deployment without runs');
    const sum = rows.reduce((total, [, amount]) => total + dollars(amount), 0);
    expect(figureOf('price.idle')).toBeCloseTo(sum, 1);
  });

  it('the columns of the costs by service add up to the figures', () => {
    const rows = tableRows(page, 'Where it goes: dollars per 1,000 steps');
    const first = (text = ''): number => Number(/^[\d.]+/.exec(text)?.[0]);
    for (const column of [1, 2]) {
      const sum = rows.slice(0, -1).reduce((total, row) => total + first(row[column]), 0);
      expect(first(rows.at(-1)?.[column])).toBeCloseTo(sum, 3);
    }
    expect(first(rows.at(-1)?.[1])).toBeCloseTo(figureOf('price.chain'), 3);
    expect(first(rows.at(-1)?.[2])).toBeCloseTo(figureOf('price.map'), 3);
  });

  it('the list of prices has those that the figures use', () => {
    const list = tableRows(page, 'List prices').flat().join(' ');
    const listed = [
      PRICES['lambda.request'] * 1e6,
      PRICES['sqs.fifo'] * 1e6,
      PRICES['sqs.standard'] * 1e6,
      PRICES['api.request'] * 1e6,
    ].map((price) => `$${price.toFixed(2)}`);
    const exact = [
      PRICES['dynamodb.write'] * 1e6,
      PRICES['dynamodb.read'] * 1e6,
      COMPUTE_PRICES.fargateVcpuHour,
      COMPUTE_PRICES.fargateGbHour,
      COMPUTE_PRICES.ipv4Hour,
      COMPUTE_PRICES.mlM5XlargeHour,
      COMPUTE_PRICES.mlStorageGbMonth,
    ].map((price) => `$${Number(price.toPrecision(6))}`);
    for (const price of [
      ...listed,
      ...exact,
      `$${PRICES['lambda.gbSecond'].toFixed(10)}`,
      `$${PRICES['lambda.gbSecondX86'].toFixed(10)}`,
      `$${(COMPUTE_PRICES.stateTransition * 1000).toFixed(3)} per 1,000 state transitions`,
      `$${COMPUTE_PRICES.logGb.toFixed(2)} per GB of ingested logs`,
    ])
      expect(list).toContain(price);
  });
});
