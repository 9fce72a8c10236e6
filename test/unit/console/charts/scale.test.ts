import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  nearestIndex,
  niceStep,
  placeOf,
  scaleOf,
  ticksOf,
  valueAt,
} from '../../../../console/src/charts/scale.ts';

const linear = { length: 300, isLogarithmic: false, margin: 0.05 };
const logarithmic = { ...linear, isLogarithmic: true };

describe('the axis of a chart', () => {
  test('contains all values with a margin, and ignores gaps', () => {
    const scale = scaleOf([[0, null, 100], [Number.NaN]], linear);
    expect([scale.from, scale.to]).toEqual([-5, 105]);
  });

  test('a logarithmic axis ignores values that are not positive', () => {
    const scale = scaleOf([[-3, 0, 1, 100]], logarithmic);
    expect(scale.from).toBeCloseTo(10 ** -0.1);
    expect(scale.to).toBeCloseTo(10 ** 2.1);
  });

  test.each([[[]], [[7]], [[0]], [[-3, -3]]])('has a length with the values %j', (values) => {
    for (const options of [linear, logarithmic]) {
      const { from, to } = scaleOf([values], options);
      expect(to).toBeGreaterThan(from);
    }
  });

  test('a place and its value are inverse, and marks are inside and apart', () => {
    const value = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.boolean(), (values, isLogarithmic) => {
        const scale = scaleOf([values], { ...linear, isLogarithmic });
        for (const each of values) {
          const place = placeOf(scale, each);
          expect(place).toBeGreaterThanOrEqual(-1e-6);
          expect(place).toBeLessThanOrEqual(300 + 1e-6);
          expect(placeOf(scale, valueAt(scale, place))).toBeCloseTo(place, 3);
        }
        const places = ticksOf(scale, 30).map((tick) => placeOf(scale, tick));
        for (const [index, place] of places.entries()) {
          expect(place).toBeGreaterThanOrEqual(-1e-3);
          expect(place).toBeLessThanOrEqual(300 + 1e-3);
          if (index > 0) expect(place - (places[index - 1] ?? 0)).toBeGreaterThanOrEqual(29.9);
        }
      }),
    );
  });

  test('marks are numbers that are easy to read', () => {
    expect(niceStep(0.3)).toBeCloseTo(0.5);
    expect(niceStep(50)).toBe(50);
    expect(niceStep(51)).toBe(100);
    const scale = { from: 0, to: 100, length: 300, isLogarithmic: false };
    expect(ticksOf(scale, 70)).toEqual([0, 50, 100]);
    expect(ticksOf({ ...scale, from: 1, to: 10_000, isLogarithmic: true }, 30)).toEqual([
      1, 10, 100, 1_000, 10_000,
    ]);
    expect(ticksOf({ ...scale, from: 40, to: 45, isLogarithmic: true }, 60).length).toBeGreaterThan(
      1,
    );
  });
});

describe('the nearest of ascending values', () => {
  test('is the one with the smallest difference', () => {
    const values = [0, 10, 20, 30];
    expect([-5, 0, 4, 6, 24, 99].map((each) => nearestIndex(values, each))).toEqual([
      0, 0, 0, 1, 2, 3,
    ]);
    expect(nearestIndex([], 1)).toBe(-1);
  });
});
