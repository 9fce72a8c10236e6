/**
 * The built command against a Headrace under its roles, as its users have it.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { COMMAND } from '../e2e/cli.ts';
import { type Ended, ROOT } from '../e2e/headrace.ts';
import type { RoleCloud } from './cloud.ts';

/** Runs `headrace` with these words to its end. */
export function headrace({ endpoint, cloud }: RoleCloud, ...words: readonly string[]): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const identity = { AWS_REGION: cloud.region, AWS_ACCESS_KEY_ID: 'user', AWS_SECRET_ACCESS_KEY: 'user' };
  const child = spawn(process.execPath, [COMMAND, ...words], {
    cwd: ROOT,
    env: { PATH, HOME, ...identity, HEADRACE_MODE: 'remote', HEADRACE_ENDPOINT: endpoint },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
