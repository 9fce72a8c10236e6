import { describe, expect, it } from 'vitest';
import { plainEvaluators, realEvaluators } from './evaluators.ts';
import { planOf } from './plan.ts';
import { live, type SimulationOptions, simulate } from './simulate.ts';

const REAL_WORLDS = 1200;
const PLAIN_WORLDS = 1200;
const FIRST_SEED = 1;

async function failures(worlds: number, options: SimulationOptions): Promise<string[]> {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + worlds; seed += 1) {
    const failure = await simulate(seed, options, () => undefined);
    if (failure !== undefined) return [failure.report];
  }
  return [];
}

describe('random pipelines in worlds of faults', () => {
  it('hold every rule with the real controller and the real evaluator', { timeout: 300_000 }, async () => {
    expect(await failures(REAL_WORLDS, { evaluator: await realEvaluators() })).toEqual([]);
  });

  it('hold every rule with an evaluator of plain promises', { timeout: 300_000 }, async () => {
    expect(await failures(PLAIN_WORLDS, { evaluator: plainEvaluators })).toEqual([]);
  });

  it('are the same when they are run again', async () => {
    const evaluator = await realEvaluators();
    for (const seed of [3, 5, 8]) {
      const [once, again] = [await live(planOf(seed), { evaluator }, true), await live(planOf(seed), { evaluator }, true)];
      expect(once.trace.length).toBeGreaterThan(5);
      expect(again.trace).toEqual(once.trace);
    }
  });
});
