import { component } from 'headrace';
import { type Line, leastSquares, mean } from '../statistics.ts';

/** Fits a line through the points. */
export const fit = component(
  { returnValues: ['line'], taskType: 'training' },
  function fit(x: Float64Array, y: Float64Array): Line {
    return leastSquares([...x], [...y]);
  },
);

/** Returns the part of the variance of `y` that the line explains: 1 is all of it. */
export const explain = component(
  { returnValues: ['rSquared'], taskType: 'testing' },
  function explain({ slope, intercept }: Line, x: Float64Array, y: Float64Array) {
    const centre = mean([...y]);
    const left = mean(
      [...y].map((value, index) => (value - (slope * (x[index] ?? 0) + intercept)) ** 2),
    );
    return 1 - left / mean([...y].map((value) => (value - centre) ** 2));
  },
);
