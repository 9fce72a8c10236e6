/**
 * Executes the runner's program as a local process, instead of a container.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { SubmittedJob } from './container-services.ts';

/** Builds the folder that the image is made of, and returns its path. */
export function runnerFolder(): string {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  execFileSync(process.execPath, [join(root, 'scripts/runner.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(root, 'dist/runner');
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** The working directory, as an image has one. */
  readonly folder: string;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly log: string }>;
  /** Resolves when the log holds the text. */
  logged(text: string): Promise<void>;
}

/** @param variables environment variables in addition to those of the job */
export async function startProgram(
  { environment }: SubmittedJob,
  variables: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-container-'));
  const program = join(runnerFolder(), 'lib/step-container.js');
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    // A process group of its own, like the processes of a container.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, ...environment, ...variables },
  });
  let log = '';
  const checks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk;
      for (const check of checks) check();
    });
  }
  const ended = new Promise<{ readonly exitCode: number | null; readonly log: string }>(
    (resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode) => resolve({ exitCode, log }));
    },
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return {
    process: child,
    folder,
    ended,
    logged: (text) =>
      Promise.race([
        new Promise<void>((resolve) => {
          const check = () => {
            if (log.includes(text)) resolve();
          };
          checks.add(check);
          check();
        }),
        ended.then(({ exitCode }) => {
          if (!log.includes(text))
            throw new Error(
              `the program exited with ${exitCode} before it logged ${text}:\n${log}`,
            );
        }),
      ]),
  };
}

export async function runProgram(
  submitted: SubmittedJob,
  variables?: Readonly<Record<string, string>>,
) {
  return (await startProgram(submitted, variables)).ended;
}
