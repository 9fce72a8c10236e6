import { expect, it, onTestFinished, vi } from 'vitest';
import { manualExecutor } from '../../../testing/batch/manual-executor.ts';
import { aProject } from '../../e2e/cli.ts';
import { expectStartsWithoutSource, START_SOURCE } from '../../modes/start-scenario.ts';
import { startHost } from './host.ts';

it('in emulated AWS, runs are started without their source and found as on this machine', {
  timeout: 300_000,
}, async () => {
  const host = await startHost({
    config: {
      queues: {
        default: { type: 'lambda', memoryMiB: 1024, timeoutSeconds: 60, maxConcurrency: 4 },
      },
    },
    executor: () => manualExecutor(),
  });
  onTestFinished(() => host.stop());
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const [name, value] of Object.entries(host.environment)) vi.stubEnv(name, value);
  const project = await aProject({ 'iris.ts': START_SOURCE });
  await expectStartsWithoutSource(project, ['--mode', 'remote', '--endpoint', host.endpoint]);
  expect(host.endpoint).not.toBe('');
});
