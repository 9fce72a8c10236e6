import { describe, expect, it } from 'vitest';
import { plainEvaluators } from './evaluators.ts';
import { planOf } from './plan.ts';
import { PLANTED_BUGS } from './sabotage.ts';
import { runWorld } from './simulate.ts';

const WORLDS = 150;

describe('a simulation that can fail', () => {
  it.each(PLANTED_BUGS)(
    'finds that $name',
    { timeout: 60_000 },
    async ({ plant, rules: found }) => {
      const seen = new Set<string>();
      for (let seed = 1; seed <= WORLDS && seen.size === 0; seed += 1) {
        const { violation } = await runWorld(planOf(seed), {
          evaluator: plainEvaluators,
          sabotage: plant,
        });
        if (violation !== null && found.includes(violation.rule)) seen.add(violation.rule);
      }
      expect(found).toContain([...seen][0]);
    },
  );
});
