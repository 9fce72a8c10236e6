import { describe, expect, it } from 'vitest';
import { plainEvaluators } from './evaluators.ts';
import { planOf } from './plan.ts';
import { PLANTED_BUGS } from './sabotage.ts';
import { runWorld } from './simulate.ts';

const WORLDS = 300;

describe('the simulation detects planted bugs', () => {
  it.each(PLANTED_BUGS)(
    'the simulation detects that $name',
    { timeout: 60_000 },
    async ({ plant, rules }) => {
      const violated = new Set<string>();
      for (let seed = 1; seed <= WORLDS && violated.size === 0; seed += 1) {
        const { violation } = await runWorld(planOf(seed), {
          evaluator: plainEvaluators,
          sabotage: plant,
        });
        if (violation !== null && rules.includes(violation.rule)) violated.add(violation.rule);
      }
      expect(rules).toContain([...violated][0]);
    },
  );
});
