/**
 * The runner's program as a process of this machine, in the place of a container.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Submitted } from './container-services.ts';

/** The folder that the image is built from, up to date. */
export function runnerFolder(): string {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  execFileSync(process.execPath, [join(root, 'scripts/runner.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(root, 'dist/runner');
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** Where it was started: the working directory of an image. */
  readonly folder: string;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly log: string }>;
  /** Resolves when the log holds the text. */
  logged(text: string): Promise<void>;
}

/** @param variables beside those of the job */
export async function startProgram(
  { environment }: Submitted,
  variables: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-container-'));
  const program = join(runnerFolder(), 'lib/step-container.js');
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    // A group of its own, as a container's processes are.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, ...environment, ...variables },
  });
  let log = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk;
      for (const look of listeners) look();
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
          const look = () => {
            if (log.includes(text)) resolve();
          };
          listeners.add(look);
          look();
        }),
        ended.then(({ exitCode }) => {
          if (!log.includes(text))
            throw new Error(`it ended with ${exitCode} without saying ${text}:\n${log}`);
        }),
      ]),
  };
}

export async function runProgram(
  submitted: Submitted,
  variables?: Readonly<Record<string, string>>,
) {
  return (await startProgram(submitted, variables)).ended;
}
