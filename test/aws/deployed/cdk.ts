/**
 * The command `cdk` against an emulator, as users call it: `bootstrap`, `deploy` of a synthesized
 * assembly, `destroy`.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Emulator } from '../harness/connection.ts';
import type { Deployer } from './deploy.ts';

const COMMAND = join(
  dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')),
  'bin/cdk',
);
const TIMEOUT_MS = 300_000;
const ACCOUNT = '000000000000';

const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/**
 * @returns its output
 * @throws Error with its output, if it fails
 */
export async function cdk(aws: Emulator, ...args: readonly string[]): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'headrace-cdk-'));
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    ...aws.environment,
    AWS_ENDPOINT_URL_S3: aws.endpoint,
    CDK_HOME: home,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    HOME: home,
  };
  const options = ['--ci', '--no-color', '--no-notices', '--no-version-reporting'];
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [COMMAND, ...args, ...options],
      {
        cwd: home,
        env,
        timeout: TIMEOUT_MS,
        maxBuffer: 2 ** 26,
      },
    );
    return stdout + stderr;
  } catch (error) {
    const output = z.object({ stdout: z.string(), stderr: z.string() }).safeParse(error).data;
    throw new Error(`cdk ${args.join(' ')} failed:\n${output?.stdout}${output?.stderr}`, {
      cause: error,
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Required once per account and region. */
export const bootstrap = (aws: Emulator): Promise<string> =>
  cdk(aws, 'bootstrap', `aws://${ACCOUNT}/${aws.environment.AWS_REGION}`);

/** Deploys with the command, into a bootstrapped account. */
export const byCommand: Deployer = {
  async deploy(aws, { folder, stack }) {
    const file = join(folder, 'outputs.json');
    await cdk(
      aws,
      'deploy',
      stack,
      '--app',
      folder,
      '--require-approval',
      'never',
      '--outputs-file',
      file,
    );
    return outputsSchema.parse(JSON.parse(await readFile(file, 'utf8')))[stack] ?? {};
  },
  async destroy(aws, { folder, stack }) {
    await cdk(aws, 'destroy', stack, '--app', folder, '--force');
  },
};
