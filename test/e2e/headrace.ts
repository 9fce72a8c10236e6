/**
 * Runs the built command in its own home.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { collectOutput } from '../../testing/collect-output.ts';
import { compareEvaluators } from './both-evaluators.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = join(ROOT, 'dist/bin/headrace.js');
const COMPARISON_TIMEOUT_MS = 120_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program until it exits, and returns its output. */
export function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = collectOutput(child);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

/**
 * A folder that is removed when the test ends. If the test passed, the runs of its homes are
 * evaluated again as in AWS.
 */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-e2e-'));
  onTestFinished(async ({ task }) => {
    try {
      if (task.result?.state !== 'fail') await compareEvaluators(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, COMPARISON_TIMEOUT_MS);
  return folder;
}

const named = z.object({ name: z.string() });
const step = z.object({
  name: z.string(),
  component: z.string(),
  status: z.string(),
  parents: z.array(z.string()),
  attempts: z.array(
    z.object({ number: z.number(), status: z.string(), reason: z.string().nullish() }),
  ),
  artifacts: z.array(named.extend({ type: z.string(), preview: z.string().nullish() })),
  metrics: z.array(
    z.object({ title: z.string(), series: z.string(), points: z.array(z.unknown()) }),
  ),
});

/** The part of the document of `--json` that the tests read. */
const document = z.object({
  id: z.string(),
  pipeline: z.string(),
  project: z.string(),
  version: z.string(),
  number: z.number(),
  status: z.string(),
  args: z.record(z.string(), z.unknown()),
  result: z.unknown(),
  error: z.unknown(),
  steps: z.array(step),
  artifacts: z.array(named),
  metrics: z.array(
    z.object({
      title: z.string(),
      series: z.string(),
      step: z.string().nullable(),
      points: z.array(z.unknown()),
    }),
  ),
});

export type PrintedRun = z.infer<typeof document>;

/** Runs the command with `--json` and reads the one document that it prints. */
export async function headrace(
  home: string,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly run: PrintedRun; readonly stderr: string }> {
  const { code, stdout, stderr } = await execute(process.execPath, [COMMAND, ...args, '--json'], {
    cwd: ROOT,
    env: { HEADRACE_HOME: home },
  });
  if (stdout.trim() === '')
    throw new Error(
      `headrace ${args.join(' ')} printed no document and exited with ${code}:\n${stderr}`,
    );
  return { code, run: document.parse(JSON.parse(stdout)), stderr };
}

/** `name: status` of each step, in the order of calls. */
export const statuses = (run: PrintedRun): Readonly<Record<string, string>> =>
  Object.fromEntries(run.steps.map(({ name, status }) => [name, status]));
