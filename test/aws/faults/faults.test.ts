/**
 * Death at every call, messages that go wrong, and forged ones: a share of the cases, drawn by a
 * seed that is printed. All of them: `npm run test:faults -- --full`.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from './bundles.ts';
import type { Case } from './cases.ts';
import { type Listed, tellAll, Worker } from './pool.ts';
import { ofEachKind, share } from './share.ts';

const SEED = Number(process.env.HEADRACE_FAULTS_SEED ?? '1');
const CALLS = 48;
const MESSAGES = 24;
const PROCESSES = 2;

describe('a deployed Headrace in simulated time', () => {
  let worker: Worker;
  const listed: Listed[] = [];

  beforeAll(async () => {
    bundle();
    worker = await Worker.start();
    for (const chapter of ['whole', 'held'] as const) listed.push(await worker.list(chapter));
  });
  afterAll(() => worker.stop());

  async function wrongOf(cases: readonly Case[]): Promise<readonly string[]> {
    const wrong: string[] = [];
    let reached = 0;
    await tellAll(cases, PROCESSES, ({ chapter, target, fault }, outcome) => {
      if (outcome.reached) reached += 1;
      wrong.push(
        ...outcome.wrongs.map(
          (each) => `${chapter}: ${target.label} #${target.occurrence} ${fault}: ${each}`,
        ),
      );
    });
    // Requests that are under way together arrive in any order, so that a place in it may be
    // missed.
    expect(reached).toBeGreaterThan(cases.length * 0.8);
    return wrong;
  }

  test('a call to AWS that goes wrong, and a caller that dies before or after it: the runs come to the same end', async () => {
    const all = listed.flatMap(({ calls }) => calls);
    const chosen = share(ofEachKind(all, SEED), SEED, CALLS);
    console.log(`${chosen.length} of ${all.length} cases of calls, drawn by the seed ${SEED}`);
    expect(await wrongOf(chosen)).toEqual([]);
  }, 600_000);

  test('a lost, duplicated, late or reordered message or event, and a redelivery of all an hour later, lead to the same result', async () => {
    const all = listed.flatMap(({ messages }) => messages);
    const chosen = share(ofEachKind(all, SEED), SEED, MESSAGES);
    console.log(`${chosen.length} of ${all.length} cases of messages, drawn by the seed ${SEED}`);
    expect(await wrongOf(chosen)).toEqual([]);
  }, 600_000);

  test('forged messages are refused, logged, and change nothing', async () => {
    expect(await worker.forge()).toEqual([]);
  }, 300_000);
});
