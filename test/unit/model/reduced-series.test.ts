import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Point } from '../../../src/model/artifacts.ts';
import { pointsByMetric, summaryOf } from '../../../src/model/metric-summaries.ts';
import { reducePoints } from '../../../src/model/reduced-series.ts';

const value = fc.oneof(
  { weight: 20, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  fc.constantFrom('NaN' as const, 'Infinity' as const, '-Infinity' as const),
);
const point = fc.record({
  iteration: fc.integer({ min: 0, max: 500 }),
  value,
  at: fc.integer({ min: 0, max: 1e6 }),
});
const isFinitePoint = (each: { readonly value: Point['value'] }): boolean =>
  typeof each.value === 'number';

describe('a reduced series', () => {
  it('every finite point is within the band, and every kept point is a point of the metric', () => {
    fc.assert(
      fc.property(
        fc.array(point, { maxLength: 400 }),
        fc.integer({ min: 3, max: 60 }),
        fc.constantFrom('iteration' as const, 'relative' as const, 'time' as const),
        (points, maxPoints, x) => {
          const firstAt = Math.min(...points.map(({ at }) => at));
          const reduced = reducePoints(points, firstAt, { x, points: maxPoints });
          const finite = points.filter(isFinitePoint);
          const xOf = ({ iteration, at }: (typeof points)[number]): number =>
            x === 'iteration' ? iteration : x === 'time' ? at : at - firstAt;
          expect(reduced.selected).toBe(points.length);
          expect(reduced.nonFiniteCount).toBe(points.length - finite.length);
          expect(reduced.x).toEqual([...reduced.x].sort((a, b) => a - b));
          expect(reduced.exact).toBe(finite.length <= maxPoints);
          expect(reduced.x).toHaveLength(Math.min(finite.length, maxPoints));
          expect(reduced.y).toHaveLength(reduced.x.length);
          const given = new Set(finite.map((each) => `${xOf(each)} ${each.value}`));
          for (const [n, at] of reduced.x.entries())
            expect(given).toContain(`${at} ${reduced.y[n]}`);
          if (reduced.exact) return;
          expect(reduced.lo).toHaveLength(maxPoints);
          expect(Math.min(...reduced.lo)).toBe(
            Math.min(...finite.map((each) => Number(each.value))),
          );
          expect(Math.max(...reduced.hi)).toBe(
            Math.max(...finite.map((each) => Number(each.value))),
          );
          for (const [n, y] of reduced.y.entries()) {
            expect(y).toBeGreaterThanOrEqual(reduced.lo[n] ?? Number.NaN);
            expect(y).toBeLessThanOrEqual(reduced.hi[n] ?? Number.NaN);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a single peak among 100,000 points is in the band and in the line', () => {
    const points = Array.from({ length: 100_000 }, (_, iteration) => ({
      iteration,
      value: iteration === 54_321 ? 1000 : Math.sin(iteration / 500),
      at: iteration,
    }));
    const { x, y, hi } = reducePoints(points, 0, { x: 'iteration', points: 600 });
    expect(Math.max(...hi)).toBe(1000);
    expect(x[y.indexOf(1000)]).toBe(54_321);
    expect([x[0], x.at(-1)]).toEqual([0, 99_999]);
  });

  it('points of one x stay in the order of reporting', () => {
    const points = [5, 1, 1, 5, 1].map((iteration, n) => ({ iteration, value: n, at: n }));
    expect(reducePoints(points, 0, { x: 'iteration', points: 9 })).toMatchObject({
      x: [1, 1, 1, 5, 5],
      y: [1, 2, 4, 0, 3],
    });
  });

  it('bounds include their x, also of values that are not finite', () => {
    const points = [0, 1, 2, 3, 4].map((iteration) => ({
      ...{ iteration, at: 100 + iteration },
      value: iteration % 2 === 0 ? iteration : ('NaN' as const),
    }));
    const reduced = reducePoints(points, 100, { x: 'time', points: 9, from: 101, to: 103 });
    expect(reduced).toEqual({
      ...{ selected: 3, exact: true, x: [102], y: [2], lo: [], hi: [] },
      nonFinite: [
        [101, 'NaN'],
        [103, 'NaN'],
      ],
      nonFiniteCount: 2,
    });
  });

  it('the first 100 values that are not finite are listed, and all are counted', () => {
    const points = Array.from({ length: 250 }, (_, n) => ({
      ...{ iteration: 250 - n, value: 'NaN' as const, at: n },
    }));
    const reduced = reducePoints(points, 0, { x: 'iteration', points: 600 });
    expect(reduced).toMatchObject({ exact: true, x: [], y: [], nonFiniteCount: 250 });
    expect(reduced.nonFinite).toHaveLength(100);
    expect(reduced.nonFinite[0]).toEqual([1, 'NaN']);
  });
});

describe('a metric in short', () => {
  const of = (...points: [number, Point['value']][]) =>
    summaryOf({
      ...{ title: 'loss', series: 'train' },
      points: points.map(([iteration, each], n) => ({
        ...{ title: 'loss', series: 'train', iteration, value: each, at: 50 - n },
      })),
    });

  it('its last value is that of the highest iteration, and its extremes are the first ones', () => {
    expect(of([3, 1], [9, 7], [4, 7], [5, 1])).toMatchObject({
      ...{ count: 4, last: 7, lastIteration: 9, lastAt: 49, firstAt: 47 },
      ...{ min: 1, minIteration: 3, max: 7, maxIteration: 9 },
    });
    expect(of([1, 1], [1, 2])).toMatchObject({ last: 2 });
  });

  it('without a finite value, it has no extremes', () => {
    expect(of([0, 'NaN'], [1, 'Infinity'])).toMatchObject({
      ...{ count: 2, last: 'Infinity', min: null, minIteration: null, max: null },
    });
  });

  it('metrics whose names differ only in a separator are different metrics', () => {
    const named = (title: string, series: string): Point => ({
      ...{ title, series, iteration: 0, value: 1, at: 0 },
    });
    const points = [named('a/b', 'c'), named('a', 'b/c'), named('a/b', 'c'), named('', 'a/bc')];
    expect(pointsByMetric(points).map((metric) => metric.points.length)).toEqual([2, 1, 1]);
    expect(pointsByMetric(points, ({ title }) => title.length)).toHaveLength(3);
  });
});
