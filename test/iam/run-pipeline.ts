/**
 * Runs the built command against a deployment under its roles, as a user does.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND } from '../e2e/cli.ts';
import { type Ended, ROOT } from '../e2e/headrace.ts';
import type { RoleCloud } from './cloud.ts';

const WITHIN_MS = 150_000;

/** Runs a pipeline to completion with `headrace run … --json`. */
export async function runPipeline(
  { endpoint, cloud }: RoleCloud,
  text: string,
  ...args: readonly string[]
): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-pipeline-'));
  try {
    await writeFile(join(folder, 'package.json'), '{ "name": "a-project", "type": "module" }');
    const file = join(folder, 'pipeline.ts');
    await writeFile(file, text);
    const { PATH, HOME } = process.env;
    const identity = {
      AWS_REGION: cloud.region,
      AWS_ACCESS_KEY_ID: 'user',
      AWS_SECRET_ACCESS_KEY: 'user',
    };
    const env = { PATH, HOME, ...identity, HEADRACE_MODE: 'remote', HEADRACE_ENDPOINT: endpoint };
    return await new Promise((resolve) => {
      const onExit = (_: unknown, stdout: string, stderr: string) =>
        resolve({ code: child.exitCode, stdout, stderr });
      const child = execFile(
        process.execPath,
        [COMMAND, 'run', file, '--json', ...args],
        { cwd: ROOT, env, timeout: WITHIN_MS, killSignal: 'SIGKILL' },
        onExit,
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
