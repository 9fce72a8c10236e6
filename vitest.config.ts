import { defineConfig } from 'vitest/config';
import { SUITES, SUITES_OF_ACCOUNTS } from './test/aws/localstack/suites.ts';

/** Tests expect the commands in messages as a command prints them that no package manager starts. */
const env = { npm_config_user_agent: '' };

/** As many as CI has processors. The default leaves one of them idle. */
const maxWorkers = 2;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          env,
          maxWorkers,
          include: ['test/{unit,types,conformance,fuzz,simulation,histories,docs}/**/*.test.ts'],
          exclude: ['test/docs/programs.test.ts'],
          // A few tests fill memory to a limit: they need longer on a busy machine.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'e2e',
          env,
          maxWorkers,
          include: [
            'test/e2e/**/*.test.ts',
            'test/docs/programs.test.ts',
            'test/modes/modes.test.ts',
          ],
          globalSetup: 'test/e2e/build.ts',
          setupFiles: 'test/e2e/stop-comparison.ts',
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'security',
          env,
          maxWorkers,
          include: ['test/security/**/*.test.ts'],
          globalSetup: 'test/e2e/build.ts',
          setupFiles: 'test/e2e/stop-comparison.ts',
          testTimeout: 90_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'browser',
          env,
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/browser/setup.ts',
          testTimeout: 90_000,
          hookTimeout: 180_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'cdk',
          env,
          maxWorkers,
          include: ['test/cdk/**/*.test.ts'],
          globalSetup: 'test/cdk/bundle.ts',
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'aws',
          env,
          include: ['{test/aws,testing}/**/*.test.ts', 'test/modes/aws.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 300_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'localstack',
          env,
          include: [
            ...(process.env.HEADRACE_TEST_ACCOUNT === undefined ? SUITES : SUITES_OF_ACCOUNTS),
          ],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'iam',
          env,
          include: ['test/iam/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
