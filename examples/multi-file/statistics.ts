/**
 * Code that several steps share. A step's bundle contains only the parts of this file that the step
 * uses: a change of `leastSquares` does not invalidate the cache entries of `prepare`, which uses
 * only `mean` and `deviation`.
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

/** Returns the line that is closest to the points. */
export function leastSquares(x: readonly number[], y: readonly number[]): Line {
  const [centreX, centreY] = [mean(x), mean(y)];
  const covariance = mean(
    x.map((value, index) => (value - centreX) * ((y[index] ?? centreY) - centreY)),
  );
  const slope = covariance / deviation(x) ** 2;
  return { slope, intercept: centreY - slope * centreX };
}
