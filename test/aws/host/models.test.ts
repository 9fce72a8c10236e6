import { it, onTestFinished, vi } from 'vitest';
import { manualExecutor } from '../../../testing/batch/manual-executor.ts';
import { aProject } from '../../e2e/cli.ts';
import { expectModelsAreUsed, MODEL_FILES } from '../../modes/models-scenario.ts';
import { startHost } from './host.ts';

it('in emulated AWS, models are registered, used and kept as on this machine', {
  timeout: 600_000,
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
  await expectModelsAreUsed(await aProject(MODEL_FILES), [
    ...['--mode', 'remote', '--endpoint', host.endpoint],
  ]);
});
