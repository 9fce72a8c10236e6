/**
 * Code that several steps share. A step's bundle holds what it reaches of this file and no more: a change of `leastSquares` does not
 * invalidate the cache entries of `prepare`, which uses `mean` and `deviation` alone.
 *
 * @module
 */

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** The line that comes closest to the points. */
export function leastSquares(x: readonly number[], y: readonly number[]): Line {
  const [centreX, centreY] = [mean(x), mean(y)];
  const covariance = mean(
    x.map((value, index) => (value - centreX) * ((y[index] ?? centreY) - centreY)),
  );
  const slope = covariance / deviation(x) ** 2;
  return { slope, intercept: centreY - slope * centreX };
}
