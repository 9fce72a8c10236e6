import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  chartColumns,
  pointsText,
  smoothed,
  summarizeMembers,
} from '../../../../../console/src/screens/run/metrics/smoothing.ts';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

it('a constant stays a constant, whatever the smoothing', () => {
  fc.assert(
    fc.property(finite, fc.double({ min: 0, max: 0.99, noNaN: true }), (value, weight) => {
      for (const each of smoothed([value, value, value, value], weight))
        expect(each).toBeCloseTo(value, 4);
    }),
  );
});

it('a smoothed curve starts at its first value and stays within its values', () => {
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1 }), (values) => {
      const curve = smoothed(values, 0.9);
      expect(curve[0]).toBeCloseTo(values[0] ?? 0, 4);
      for (const each of curve) {
        expect(each).toBeGreaterThanOrEqual(Math.min(...values) - 1e-4);
        expect(each).toBeLessThanOrEqual(Math.max(...values) + 1e-4);
      }
    }),
  );
});

it('smoothing has the values of TensorBoard', () => {
  const curve = smoothed([1, 0, 0], 0.5);
  expect(curve.map((value) => Number(value.toFixed(4)))).toEqual([1, 0.3333, 0.1429]);
});

it('values that are not finite do not change the average', () => {
  expect(smoothed([1, Number.NaN, 1], 0.5)).toEqual([1, Number.NaN, 1]);
});

it('on a logarithmic scale, values that are not positive are gaps', () => {
  const { line, low } = chartColumns(
    { x: [0, 1, 2], y: [1, 0, -1], lo: [1, 0, -1], hi: [1, 2, 3], exact: false },
    { weight: 0, isLogarithmic: true },
  );
  expect(line).toEqual([1, null, null]);
  expect(low).toEqual([1, null, null]);
});

it('a series whose points are all drawn has no band', () => {
  const columns = chartColumns(
    { x: [0], y: [1], lo: [], hi: [], exact: true },
    { weight: 0, isLogarithmic: false },
  );
  expect([columns.low, columns.high]).toEqual([[], []]);
});

it('a chart states how many of the points it shows', () => {
  const format = (count: number) => count.toLocaleString('en-US');
  expect(pointsText({ x: [1, 2], count: 120_000, exact: false }, format)).toBe(
    '2 of 120,000 points',
  );
  expect(pointsText({ x: [1], count: 1, exact: true }, format)).toBe('1 point');
});

it('the members of a component have quantiles, outliers and calls without a finite value', () => {
  const calls = Array.from({ length: 100 }, (_, index) => index);
  const last = calls.map((call) => (call === 42 ? 1000 : call === 7 ? ('NaN' as const) : call));
  const summary = summarizeMembers({ calls, last });
  expect(summary.outliers[0]).toBe(42);
  expect(summary.outliers).toHaveLength(3);
  expect(summary.nonFinite).toEqual([7]);
  expect(summary.median).toBeGreaterThan(45);
  expect(summary.median).toBeLessThan(55);
});

it('equal members have no outliers, and no members have no quantiles', () => {
  expect(summarizeMembers({ calls: [1, 2], last: [5, 5] })).toMatchObject({
    median: 5,
    outliers: [],
  });
  expect(summarizeMembers({ calls: [1], last: [null] })).toEqual({
    p5: null,
    median: null,
    p95: null,
    outliers: [],
    nonFinite: [],
  });
});
