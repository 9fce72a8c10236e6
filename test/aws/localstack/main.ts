/**
 * Runs the AWS suites on another target than ministack: `npm run test:localstack`.
 *
 * By default it starts LocalStack and stops it afterwards. `AWS_ENDPOINT_URL` names another
 * emulator, `--real --profile NAME` an account. There, all resources have random names and are
 * removed afterwards, and the suites that an account does not support are excluded. All other
 * arguments are passed to vitest.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { z } from 'zod';
import { environmentOf } from '../harness/connection.ts';
import { startLocalStack } from '../harness/localstack.ts';
import { EXCLUDED_FROM_ACCOUNTS, EXCLUDED_FROM_EMULATORS } from './suites.ts';
import { type Target, targetOf } from './target.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const VITEST = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
);

const program = new Command('test:localstack')
  .description(
    'Runs the AWS suites on LocalStack, on the emulator that AWS_ENDPOINT_URL names, or in an account.',
  )
  .option('--real', 'run in an account: needs --profile')
  .option('--profile <name>', 'the profile of the account')
  .option('--region <name>', 'the region of the account; default: that of the profile')
  .allowUnknownOption()
  .argument('[arguments...]', 'passed to vitest')
  .parse();
const options = z
  .object({
    real: z.boolean().default(false),
    profile: z.string().optional(),
    region: z.string().optional(),
  })
  .parse(program.opts());

interface RunningTarget {
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

async function start(target: Target): Promise<RunningTarget> {
  if (target.kind === 'own') return await startLocalStack();
  return {
    environment: target.kind === 'account' ? target.environment : environmentOf(target.endpoint),
    stop: async () => undefined,
  };
}

const target = targetOf(process.env, options);
console.log(`\n${'─'.repeat(8)} ${target.line}`);
for (const { suite, reason } of target.kind === 'account'
  ? EXCLUDED_FROM_ACCOUNTS
  : EXCLUDED_FROM_EMULATORS)
  console.log(`         excluded: ${suite}: ${reason}`);
const startedAt = Date.now();
const aws = await start(target);
console.log(`         ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
const child = spawn(process.execPath, [VITEST, 'run', '--project', 'localstack', ...program.args], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, ...aws.environment },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
process.exitCode = await new Promise<number>((resolve) =>
  child.on('close', (code) => resolve(code ?? 1)),
);
await aws.stop();
