/**
 * Figures of whole commands: subprocess steps, and the demo.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectOutput } from '../testing/collect-output.ts';
import { rounds, type Samples, time } from './harness.ts';

/** The repository, relative to `dist`, where this program is bundled. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CHAIN_STEPS = 200;
const SHARED_STEPS = 1000;

/** Runs a program and returns its standard output. @throws if the program fails */
function execute(command: string, args: readonly string[], home: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, HEADRACE_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = collectOutput(child);
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(output.stdout)
        : reject(
            new Error(
              `${command} ${args.join(' ')} exited with ${code}:\n${output.stdout}${output.stderr}`,
            ),
          ),
    );
  });
}

async function inNewHome<T>(work: (home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
  try {
    return await work(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Milliseconds per step, by the run's recorded start and end. */
async function stepMs(
  home: string,
  file: string,
  pipeline: string,
  steps: number,
): Promise<number> {
  const stdout = await execute(
    process.execPath,
    [
      'dist/bin/headrace.js',
      'run',
      `bench/pipelines/${file}`,
      '--pipeline',
      pipeline,
      '--arg',
      `steps=${steps}`,
      '--json',
    ],
    home,
  );
  const run: unknown = JSON.parse(stdout);
  if (!isRun(run) || run.result !== steps)
    throw new Error(`the pipeline did not count to ${steps}: ${stdout.slice(0, 500)}`);
  return (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / steps;
}

/** A chain of steps with processes of their own. */
export const measureSubprocess = (quick: boolean): Promise<Samples> =>
  rounds(quick ? 0 : 1, quick ? 1 : 5, () =>
    inNewHome(async (home) => ({
      subprocess: await stepMs(home, 'chain.ts', 'chain', quick ? 5 : CHAIN_STEPS),
    })),
  );

/** Parallel steps that share processes. */
export const measureShared = (quick: boolean): Promise<Samples> =>
  rounds(quick ? 0 : 1, quick ? 1 : 5, () =>
    inNewHome(async (home) => ({
      'subprocess.shared': await stepMs(home, 'shared.ts', 'parallel', quick ? 20 : SHARED_STEPS),
    })),
  );

function isRun(
  value: unknown,
): value is { readonly result: unknown; readonly startedAt: string; readonly endedAt: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'result' in value &&
    'startedAt' in value &&
    'endedAt' in value
  );
}

/** Seconds of `npm run demo` in a clone with installed packages and without a built `dist`. */
export const measureDemo = (quick: boolean): Promise<Samples> =>
  rounds(0, quick ? 1 : 5, () =>
    inNewHome(async (home) => {
      const milliseconds = await time(async () => {
        await execute(process.execPath, ['scripts/build.mjs', '--no-types', '--force'], home);
        await execute('npm', ['run', 'demo'], home);
      });
      return { demo: milliseconds / 1000 };
    }),
  );
