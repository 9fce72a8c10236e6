import { describe, expect, it } from 'vitest';
import { plainEvaluators, realEvaluators } from './evaluators.ts';
import { planOf } from './plan.ts';
import { runWorld, simulate } from './simulate.ts';

const WORLDS = 2100;
const EVERY_REAL = 12;

describe('random pipelines in worlds of faults', () => {
  it('hold every rule, some on the real evaluator and most on one of plain promises', {
    timeout: 300_000,
  }, async () => {
    const real = await realEvaluators();
    const failures: string[] = [];
    for (let seed = 1; seed <= WORLDS && failures.length === 0; seed += 1) {
      const failure = await simulate(
        seed,
        { evaluator: seed % EVERY_REAL === 0 ? real : plainEvaluators },
        () => undefined,
      );
      if (failure !== undefined) failures.push(failure.report);
    }
    expect(failures).toEqual([]);
  });

  it('are the same when they are run again', async () => {
    const evaluator = await realEvaluators();
    for (const seed of [3, 5, 8]) {
      const [once, again] = [
        await runWorld(planOf(seed), { evaluator }, true),
        await runWorld(planOf(seed), { evaluator }, true),
      ];
      expect(once.trace.length).toBeGreaterThan(5);
      expect(again.trace).toEqual(once.trace);
    }
  });
});
