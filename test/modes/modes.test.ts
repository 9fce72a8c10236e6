/**
 * Every program has the same outcome in debug mode, in local mode and behind `headrace dev`. The
 * programs in emulated AWS: `aws.test.ts`.
 *
 * @module
 */
import { it, vi } from 'vitest';
import { aServer } from '../e2e/dev.ts';
import { expectOutcomes } from './harness.ts';

vi.setConfig({ testTimeout: 600_000 });

it('every program has its expected outcome in debug mode', async () => {
  await expectOutcomes('debug', { options: ['--mode', 'debug'] });
});

it('every program has its expected outcome in local mode', async () => {
  await expectOutcomes('local', {});
});

it('every program has its expected outcome behind headrace dev', async () => {
  const { endpoint, token } = await aServer({});
  const env = { HEADRACE_ENDPOINT: endpoint, HEADRACE_TOKEN: token };
  await expectOutcomes('dev', { options: ['--mode', 'remote'], env });
});
