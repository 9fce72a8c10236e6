/**
 * The smoke test for accounts, on the emulators.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { CHECKS } from '../../../scripts/smoke/checks/all.ts';
import { emulatorSite } from '../../../scripts/smoke/emulator-site.ts';
import { runSmoke } from '../../../scripts/smoke/program.ts';
import { exitCodeOf } from '../../../scripts/smoke/report.ts';

const HELD = [
  'first-deployment',
  'tags',
  'doctor',
  'step',
  'array',
  'japanese',
  'second-deployment',
  'removal',
];

it('the smoke test holds on the emulators as far as they go, reports a failing check, and leaves nothing', {
  timeout: 600_000,
}, async () => {
  const site = emulatorSite('smoke-test');
  const failing = {
    name: 'failing',
    claim: 'a claim that does not hold',
    needs: [],
    dollars: 0,
    run: async () => {
      throw new Error('on purpose');
    },
  };
  const results = await runSmoke({
    site,
    checks: [...CHECKS, failing],
    signal: new AbortController().signal,
    note: () => undefined,
  });
  const named = (status: string) =>
    results.filter((result) => result.status === status).map(({ name }) => name);
  expect(named('failed'), JSON.stringify(results, undefined, 1)).toEqual(['failing']);
  expect(named('held')).toEqual(HELD);
  expect(named('not possible here')).toEqual(
    CHECKS.map(({ name }) => name).filter((name) => !HELD.includes(name)),
  );
  expect(exitCodeOf(results)).toBe(1);
  // The data of the stacks was there to be removed.
  expect(results.at(-1)?.evidence.join()).toMatch(/table smoke-test-.*bucket smoke-test-/);
});
