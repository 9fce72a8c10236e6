import { describe, expect, it } from 'vitest';
import { plainEvaluators, realEvaluators } from './evaluators.ts';
import { planOf } from './plan.ts';
import { runWorld, simulate } from './simulate.ts';

const WORLDS = 2100;
const WORLDS_PER_REAL_EVALUATOR = 12;

describe('random pipelines in simulated worlds with faults', () => {
  it('no rule is violated, on the real evaluator and on one of plain promises', {
    timeout: 300_000,
  }, async () => {
    const real = await realEvaluators();
    const failures: string[] = [];
    for (let seed = 1; seed <= WORLDS && failures.length === 0; seed += 1) {
      const failure = await simulate(
        seed,
        { evaluator: seed % WORLDS_PER_REAL_EVALUATOR === 0 ? real : plainEvaluators },
        () => undefined,
      );
      if (failure !== undefined) failures.push(failure.report);
    }
    expect(failures).toEqual([]);
  });

  it('a world that runs twice has the same trace', async () => {
    const evaluator = await realEvaluators();
    for (const seed of [3, 5, 8]) {
      const [first, second] = [
        await runWorld(planOf(seed), { evaluator }, true),
        await runWorld(planOf(seed), { evaluator }, true),
      ];
      expect(first.trace.length).toBeGreaterThan(5);
      expect(second.trace).toEqual(first.trace);
    }
  });
});
