/**
 * Random pipelines through the deployed bundles while environments end, requests hang, batches come
 * again and events are lost. A fixed share of the seeds; more by hand:
 * `npm run simulate:host -- --worlds 200 --seed 1000`.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorlds, type Worlds } from './host-scenarios.ts';

const SEEDS = [
  [1, 2],
  [5, 6],
  [11, 12, 13],
  [21, 22, 23],
];

let worlds: Worlds;
beforeAll(async () => {
  worlds = await startWorlds();
});
afterAll(() => worlds?.stop());

describe('random pipelines on the deployed functions', () => {
  it.each(SEEDS)(
    'do what the plain interpretation says, each attempt once: seeds %i, %i, …',
    { timeout: 300_000 },
    async (...seeds) => {
      const ends = await worlds.live(seeds);
      expect(ends.flatMap(({ violation = [] }) => violation)).toEqual([]);
      expect(ends.map(({ seed }) => seed)).toEqual(seeds);
    },
  );

  it('the random pipelines met every planned fault', () => {
    console.info('what happened:', Object.fromEntries(worlds.counts));
    expect([...worlds.counts.keys()]).toEqual(
      expect.arrayContaining(['invocations: killed', 'cold', 'again']),
    );
  });
});

describe('a broken deployment is detected', () => {
  it('a deployment whose steps compute wrong values is detected', {
    timeout: 300_000,
  }, async () => {
    const [end] = await worlds.live([5], 'wrong values');
    expect(end?.violation).toContain('a value is what its component computes');
  });

  // The last one: its run does not end.
  it('a deployment that delivers no messages to the functions is detected', {
    timeout: 300_000,
  }, async () => {
    await expect(worlds.live([5], 'deaf')).rejects.toThrow('nothing moves any more');
  });
});
