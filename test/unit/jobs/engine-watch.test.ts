import { execFileSync } from 'node:child_process';
import { expect, it, vi } from 'vitest';
import { startEngine, withRunner } from './harness.ts';

withRunner();

it('an engine is watched before its first job, and no longer after it is closed', async () => {
  const { home, jobs } = await startEngine();
  const isWatched = (): boolean =>
    execFileSync('ps', ['-A', '-o', 'args'], { encoding: 'utf8' })
      .split('\n')
      .some((command) => command.includes('headrace-watch') && command.includes(home));
  await vi.waitUntil(isWatched, { timeout: 20_000 });
  await jobs.close();
  await vi.waitUntil(() => !isWatched(), { timeout: 20_000 });
  expect(isWatched()).toBe(false);
});
