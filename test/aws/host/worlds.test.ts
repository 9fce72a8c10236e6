/**
 * Random pipelines through the deployed bundles while environments end, requests hang, batches come again and events are lost. A fixed share of the seeds;
 * more by hand: `npm run simulate:host -- --worlds 200 --seed 1000`.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorlds, type Worlds } from './worlds.ts';

const SEEDS = [
  [1, 2],
  [5, 6],
  [11, 12, 13],
  [21, 22, 23],
];

describe('random pipelines on the deployed functions', () => {
  let worlds: Worlds;
  beforeAll(async () => {
    worlds = await startWorlds();
  });
  afterAll(() => worlds?.stop());

  it.each(SEEDS)('do what the plain interpretation says, each attempt once: seeds %i, %i, …', { timeout: 300_000 }, async (...seeds) => {
    const ends = await worlds.live(seeds);
    expect(ends.flatMap(({ violation = [] }) => violation)).toEqual([]);
    expect(ends.map(({ seed }) => seed)).toEqual(seeds);
  });

  it('met what they were to meet', () => {
    console.info('what happened:', Object.fromEntries(worlds.counts));
    expect([...worlds.counts.keys()]).toEqual(expect.arrayContaining(['invocations: killed', 'cold', 'again']));
  });
});

describe('a world in which something is wrong', () => {
  it.each([
    ['a step computes something else', 'wrong values', 'a value is what its component computes'],
    ['nobody takes messages from the queues', 'deaf', 'nothing moves any more'],
  ] as const)('is found out: %s', { timeout: 300_000 }, async (_, sabotage, rule) => {
    const worlds = await startWorlds({ sabotage });
    try {
      const said = await worlds.live([2]).then(
        (ends) => ends.map(({ violation = 'nothing' }) => violation).join('\n'),
        (error: unknown) => String(error),
      );
      expect(said).toContain(rule);
    } finally {
      await worlds.stop();
    }
  });
});
