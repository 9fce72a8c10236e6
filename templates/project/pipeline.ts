import { readFile } from 'node:fs/promises';
import { component, currentStep, pipeline } from 'headrace';

export interface House {
  readonly size: number;
  readonly price: number;
}

export interface Line {
  readonly ridge: number;
  readonly slope: number;
  readonly intercept: number;
}

/** Reads the data. It is not cached, because the file may change. */
export const load = component({ returnValues: ['houses'] }, async (path: string) => {
  const [, ...lines] = (await readFile(path, 'utf8')).trim().split('\n');
  return lines.map((line): House => {
    const [size, , price] = line.split(',').map(Number);
    if (size === undefined || price === undefined) throw new Error(`a row is incomplete: ${line}`);
    return { size, price };
  });
});

/** Sets a part of the data aside for the evaluation. */
export const split = component(
  { returnValues: ['train', 'test'], cache: true },
  (houses: House[], testSize: number) => {
    const border = Math.round(houses.length * (1 - testSize));
    return [houses.slice(0, border), houses.slice(border)] as const;
  },
);

/** Fits a line by least squares; `ridge` keeps the slope small. */
export const fit = component(
  { returnValues: ['line'], cache: true },
  (houses: House[], ridge: number): Line => {
    const centre = {
      size: mean(houses.map((h) => h.size)),
      price: mean(houses.map((h) => h.price)),
    };
    const products = houses.map((h) => (h.size - centre.size) * (h.price - centre.price));
    const variance = mean(houses.map((h) => (h.size - centre.size) ** 2));
    const slope = mean(products) / (variance + ridge);
    return { ridge, slope, intercept: centre.price - slope * centre.size };
  },
);

/** The mean error of a line on houses that were set aside. */
export const evaluate = component({ returnValues: ['error'] }, (line: Line, houses: House[]) => {
  const error = mean(houses.map((h) => Math.abs(line.slope * h.size + line.intercept - h.price)));
  currentStep().logger.reportScalar('error', 'test', error, 0);
  return error;
});

/**
 * Fits one line for each ridge, and returns the best.
 *
 * @param testSize the part of the houses that is set aside
 */
export const houses = pipeline(
  { name: 'houses', version: '1.0' },
  async (path = 'data/houses.csv', testSize = 0.25) => {
    const [train, test] = split(load(path), testSize);
    const results = [0, 100, 1000].map((ridge) => ({
      ridge,
      error: evaluate(fit(train, ridge), test),
    }));
    let best = { ridge: 0, error: Number.POSITIVE_INFINITY };
    for (const { ridge, error } of results) {
      const value = await error;
      if (value < best.error) best = { ridge, error: value };
    }
    return best;
  },
);

/** A plain function: every step that calls it contains its code. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
