/**
 * Figures of whole commands: a chain of subprocess steps, the demo.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rounds, type Samples, time } from './harness.ts';

/** The repository, seen from `dist`, where this program is bundled to. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CHAIN = 200;

/** Runs a program to its end. What it prints to stdout is the answer. @throws if it fails */
function execute(command: string, args: readonly string[], home: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, HEADRACE_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(printed)
        : reject(new Error(`${command} ${args.join(' ')} exited with ${code}:\n${printed}${said}`)),
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

/** Milliseconds a step of a chain of real subprocess steps, by the run's own start and end. */
export const takeSubprocess = (quick: boolean): Promise<Samples> =>
  rounds(quick ? 0 : 1, quick ? 1 : 5, () =>
    inNewHome(async (home) => {
      const steps = quick ? 5 : CHAIN;
      const printed = await execute(
        process.execPath,
        [
          'dist/bin/headrace.js',
          'run',
          'bench/pipelines/chain.ts',
          '--arg',
          `steps=${steps}`,
          '--json',
        ],
        home,
      );
      const run: unknown = JSON.parse(printed);
      if (!isRun(run) || run.result !== steps)
        throw new Error(`the chain did not count to ${steps}: ${printed.slice(0, 500)}`);
      return { subprocess: (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / steps };
    }),
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

/**
 * Seconds of `npm run demo` in a clone whose packages are installed and whose `dist` is not built.
 */
export const takeDemo = (quick: boolean): Promise<Samples> =>
  rounds(0, quick ? 1 : 5, () =>
    inNewHome(async (home) => {
      const milliseconds = await time(async () => {
        await execute(process.execPath, ['scripts/build.mjs', '--no-types', '--force'], home);
        await execute('npm', ['run', 'demo'], home);
      });
      return { demo: milliseconds / 1000 };
    }),
  );
