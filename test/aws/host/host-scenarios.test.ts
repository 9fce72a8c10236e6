/**
 * Random pipelines through the deployed bundles while environments crash, requests hang, batches
 * are delivered again and events are lost. A fixed sample of the seeds; other seeds:
 * `npm run simulate:host -- --worlds 200 --seed 1000`.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostScenarios, startHostScenarios } from './host-scenarios.ts';

const SEEDS = [
  [1, 2],
  [5, 6],
  [11, 12, 13],
  [21, 22, 23],
];

let scenarios: HostScenarios;
beforeAll(async () => {
  scenarios = await startHostScenarios();
});
afterAll(() => scenarios?.stop());

describe('random pipelines on the deployed functions', () => {
  it.each(SEEDS)(
    'runs match the plain interpretation and execute each attempt once: seeds %i, %i, …',
    { timeout: 300_000 },
    async (...seeds) => {
      const results = await scenarios.run(seeds);
      expect(results.flatMap(({ violation = [] }) => violation)).toEqual([]);
      expect(results.map(({ seed }) => seed)).toEqual(seeds);
    },
  );

  it('the random pipelines met every planned fault', () => {
    console.info('faults:', Object.fromEntries(scenarios.counts));
    expect([...scenarios.counts.keys()]).toEqual(
      expect.arrayContaining(['invocations: killed', 'cold', 'again']),
    );
  });
});

describe('a broken deployment is detected', () => {
  it('a deployment whose steps compute wrong values is detected', {
    timeout: 300_000,
  }, async () => {
    // A seed that did not run before: no step takes a right value from the cache.
    const [result] = await scenarios.run([8], 'wrong values');
    expect(result?.violation).toContain('a value is what its component computes');
  });

  // This test must be the last one, because its run does not complete.
  it('a deployment that delivers no messages to the functions is detected', {
    timeout: 300_000,
  }, async () => {
    await expect(scenarios.run([5], 'no messages')).rejects.toThrow('no activity');
  });
});
