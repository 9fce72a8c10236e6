/**
 * Runs the built command against a cloud, as users do.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Client, createClient } from '../../../src/client/client.ts';
import { sigV4 } from '../../../src/client/signing.ts';
import type { RunDocument } from '../../../src/wire/runs.ts';
import { collectOutput } from '../../../testing/collect-output.ts';
import { COMMAND } from '../../e2e/cli.ts';
import { ROOT } from '../../e2e/headrace.ts';
import { type RunDocument as Printed, runDocumentSchema } from '../../unit/cli/contract.ts';
import type { Published } from '../runner/registry.ts';
import type { Cloud } from './cloud.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `headrace` with these arguments. */
export function headrace(
  cloud: Cloud,
  ...args: readonly string[]
): { readonly process: ChildProcess; readonly ended: Promise<CommandResult> } {
  const {
    FORCE_COLOR: _,
    NO_COLOR: __,
    HEADRACE_HOME: ___,
    NODE_EXTRA_CA_CERTS: ____,
    ...inherited
  } = process.env;
  const env = {
    ...inherited,
    ...cloud.environment,
    HEADRACE_MODE: 'remote',
    HEADRACE_ENDPOINT: cloud.endpoint,
  };
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = collectOutput(child);
  return {
    process: child,
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...output }))),
  };
}

/** Runs `headrace` with `--json`; returns its document, which has the schema of local runs. */
export async function printed(
  cloud: Cloud,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly run: Printed; readonly stderr: string }> {
  const { code, stdout, stderr } = await headrace(cloud, ...args, '--json').ended;
  if (stdout === '')
    throw new Error(
      `headrace ${args.join(' ')} printed no document and exited with ${code}:\n${stderr}`,
    );
  return { code, run: runDocumentSchema.parse(JSON.parse(stdout)), stderr };
}

export const clientOf = ({ endpoint, environment }: Cloud): Client => {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: environment.AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: environment.AWS_SECRET_ACCESS_KEY,
  });
  return createClient({ endpoint, sign: sigV4({ region: environment.AWS_REGION }) });
};

/** Writes a pipeline into a project with these packages, which is deleted when the test ends. */
export async function pipelineFile(
  text: string,
  packages: readonly Published[] = [],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-pipeline-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'package.json'), '{ "name": "a-project", "type": "module" }');
  for (const { name, version, code } of packages) {
    const packageFolder = join(folder, 'node_modules', name);
    await mkdir(packageFolder, { recursive: true });
    await writeFile(
      join(packageFolder, 'package.json'),
      JSON.stringify({ name, version, type: 'module', exports: './index.js' }),
    );
    await writeFile(join(packageFolder, 'index.js'), code);
  }
  const file = join(folder, 'pipeline.ts');
  await writeFile(file, text);
  return file;
}

const POLL_MS = 100;

/**
 * Resolves when the condition holds; the test's own time limit bounds the wait. @param pauseMs
 * between two polls, each of which costs the emulator time
 */
export async function until(
  client: Client,
  id: string,
  isDone: (run: RunDocument) => boolean,
  pauseMs = POLL_MS,
): Promise<RunDocument> {
  while (true) {
    const run = await client.run(id);
    if (isDone(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
