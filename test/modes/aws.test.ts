/**
 * Every program has the same outcome in emulated AWS as in the other modes (`modes.test.ts`). Steps
 * run in a queue on Lambda, whose function starts faster than containers do.
 *
 * @module
 */
import { it, onTestFinished } from 'vitest';
import { manualExecutor } from '../../testing/batch/manual-executor.ts';
import { startHost } from '../aws/host/host.ts';
import { expectOutcomes } from './harness.ts';

it('every program has its expected outcome in emulated AWS', { timeout: 600_000 }, async () => {
  const queue = { type: 'lambda', memoryMiB: 1024, timeoutSeconds: 60, maxConcurrency: 4 } as const;
  const host = await startHost({
    config: { queues: { default: queue, special: queue } },
    executor: () => manualExecutor(),
  });
  onTestFinished(() => host.stop());
  await expectOutcomes('aws', {
    options: ['--mode', 'remote', '--endpoint', host.endpoint],
    env: host.environment,
  });
});
