/**
 * A sample of the fault cases: crashes at calls to AWS, failing calls, disturbed messages and
 * forged messages. A seed, which is printed, draws the sample. All cases: `npm run test:faults --
 * --full`.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from './bundles.ts';
import type { Case } from './cases.ts';
import { STEP_QUEUE_NAME } from './deployment/settings.ts';
import { STEP_MESSAGE, type Target } from './faults.ts';
import { type Listed, runAll, Worker } from './pool.ts';
import { ofEachKind, share } from './share.ts';

const SEED = Number(process.env.HEADRACE_FAULTS_SEED ?? '1');
const CALL_CASES = 48;
const MESSAGE_CASES = 24;
const FUNCTION_CASES = 24;
const PROCESSES = 2;

/** Calls of the function of steps, and the messages and requests that start it. */
const isOfFunctions = ({ label }: Target): boolean =>
  label.startsWith('function ') ||
  label.startsWith(STEP_MESSAGE) ||
  label.includes(STEP_QUEUE_NAME);

describe('a deployed Headrace in simulated time', () => {
  let worker: Worker;
  const listed: Listed[] = [];

  beforeAll(async () => {
    bundle();
    worker = await Worker.start();
    for (const scenario of ['whole', 'held'] as const) listed.push(await worker.list(scenario));
  });
  afterAll(() => worker.stop());

  async function problemsOf(cases: readonly Case[]): Promise<readonly string[]> {
    const problems: string[] = [];
    let reached = 0;
    await runAll(cases, PROCESSES, ({ scenario, target, fault }, outcome) => {
      if (outcome.reached) reached += 1;
      problems.push(
        ...outcome.problems.map(
          (each) => `${scenario}: ${target.label} #${target.occurrence} ${fault}: ${each}`,
        ),
      );
    });
    // Parallel requests arrive in any order, so that a case can miss its occurrence of a call.
    expect(reached).toBeGreaterThan(cases.length * 0.8);
    return problems;
  }

  test('runs produce the same result when a call to AWS fails or its caller crashes', async () => {
    const all = listed.flatMap(({ calls }) => calls);
    const chosen = share(ofEachKind(all, SEED), SEED, CALL_CASES);
    console.log(`${chosen.length} of ${all.length} cases of calls, drawn by the seed ${SEED}`);
    expect(await problemsOf(chosen)).toEqual([]);
  }, 600_000);

  test('steps in functions: a death at each call, a failing call, a throttled launch or function, and a duplicate lead to the same result', async () => {
    const all = listed
      .flatMap(({ calls, messages }) => [...calls, ...messages])
      .filter(({ target }) => isOfFunctions(target));
    const chosen = share(ofEachKind(all, SEED), SEED, FUNCTION_CASES);
    console.log(`${chosen.length} of ${all.length} cases of functions, drawn by the seed ${SEED}`);
    expect(await problemsOf(chosen)).toEqual([]);
  }, 600_000);

  test('a lost, duplicated, late or reordered message or event, and a redelivery of all an hour later, lead to the same result', async () => {
    const all = listed.flatMap(({ messages }) => messages);
    const chosen = share(ofEachKind(all, SEED), SEED, MESSAGE_CASES);
    console.log(`${chosen.length} of ${all.length} cases of messages, drawn by the seed ${SEED}`);
    expect(await problemsOf(chosen)).toEqual([]);
  }, 600_000);

  test('forged messages are refused, logged, and change nothing', async () => {
    expect(await worker.runForgeries()).toEqual([]);
  }, 300_000);
});
