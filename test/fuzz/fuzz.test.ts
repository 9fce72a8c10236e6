/**
 * A share of the inputs of `npm run fuzz`, the same in every execution.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { fuzzTarget } from './fuzz.ts';
import { TARGETS } from './targets/index.ts';

const INPUTS = 5000;
const SEED = 1;

const shares = TARGETS.reduce((sum, { share }) => sum + share, 0);

test.each(TARGETS.map((target) => ({ name: target.name, target })))(
  'no input breaks a rule of $name',
  async ({ target }) => {
    const inputs = Math.ceil((INPUTS * target.share) / shares);
    const failure = await fuzzTarget(target, { seed: SEED, from: 0, inputs });
    expect(failure?.report).toBeUndefined();
  },
  60_000,
);
