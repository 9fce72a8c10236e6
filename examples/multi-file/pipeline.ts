/**
 * A pipeline in several files: the steps are imported, and they share code.
 *
 *     npx headrace run examples/multi-file/pipeline.ts
 *     npx headrace bundle examples/multi-file/pipeline.ts
 *
 * The second command shows the content of each step's bundle.
 *
 * @module
 */
import { pipeline } from 'headrace';
import { prepare } from './steps/prepare.ts';
import { explain, fit } from './steps/regression.ts';

const COLUMNS = { sepalLength: 0, sepalWidth: 1, petalLength: 2, petalWidth: 3 };

/** Estimates a petal's width from a length. Typed arrays are passed from step to step unchanged. */
export const regression = pipeline(
  { name: 'regression', project: 'examples', version: '1.0.0' },
  async (from: 'sepalLength' | 'sepalWidth' | 'petalLength' = 'petalLength') => {
    const [x, y] = prepare(COLUMNS[from], COLUMNS.petalWidth);
    const line = fit(x, y);
    return { slope: (await line).slope, rSquared: await explain(line, x, y) };
  },
);
