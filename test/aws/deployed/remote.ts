/**
 * The built command against a cloud, as its users have it.
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
import { COMMAND } from '../../e2e/cli.ts';
import { ROOT } from '../../e2e/headrace.ts';
import { type RunDocument as Printed, runDocumentSchema } from '../../unit/cli/contract.ts';
import type { Published } from '../runner/registry.ts';
import type { Cloud } from './cloud.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `headrace` with these words. */
export function headrace(
  cloud: Cloud,
  ...words: readonly string[]
): { readonly process: ChildProcess; readonly ended: Promise<Ended> } {
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
  const child = spawn(process.execPath, [COMMAND, ...words], {
    cwd: ROOT,
    env,
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
  return {
    process: child,
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))),
  };
}

/** The same with `--json`: the document that it prints, which must be the one of local runs. */
export async function printed(
  cloud: Cloud,
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly run: Printed; readonly stderr: string }> {
  const { code, stdout, stderr } = await headrace(cloud, ...words, '--json').ended;
  if (stdout === '')
    throw new Error(
      `headrace ${words.join(' ')} printed no document and exited with ${code}:\n${stderr}`,
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

/**
 * A file with a pipeline, in a project with these packages installed; it goes when the test ends.
 */
export async function pipelineFile(
  text: string,
  packages: readonly Published[] = [],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-pipeline-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'package.json'), '{ "name": "a-project", "type": "module" }');
  for (const { name, version, code } of packages) {
    const place = join(folder, 'node_modules', name);
    await mkdir(place, { recursive: true });
    await writeFile(
      join(place, 'package.json'),
      JSON.stringify({ name, version, type: 'module', exports: './index.js' }),
    );
    await writeFile(join(place, 'index.js'), code);
  }
  const file = join(folder, 'pipeline.ts');
  await writeFile(file, text);
  return file;
}

const PAUSE_MS = 100;

/**
 * Resolves when the run is as asked for. The test's own limit ends the wait. @param pauseMs between
 * two looks, each of which the emulator pays for
 */
export async function until(
  client: Client,
  id: string,
  holds: (run: RunDocument) => boolean,
  pauseMs = PAUSE_MS,
): Promise<RunDocument> {
  while (true) {
    const run = await client.run(id);
    if (holds(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
