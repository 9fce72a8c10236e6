/**
 * Runs the built command on the pipelines of a test.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type RunDocument, runDocumentSchema } from '../unit/cli/contract.ts';
import { type Ended, ROOT, temporaryFolder } from './headrace.ts';

export const COMMAND = join(ROOT, 'dist/bin/headrace.js');

export interface Project {
  readonly folder: string;
  readonly home: string;
  write(file: string, text: string): Promise<void>;
  /** Runs `headrace` with these arguments. */
  cli(...args: readonly string[]): Promise<Ended>;
  /** The same with `--json`. The document must match the contract. */
  json(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly run: RunDocument; readonly stderr: string }>;
  /** Starts `headrace` and does not wait for it. */
  start(...args: readonly string[]): Running;
}

/** A started command. */
export interface Running {
  readonly process: ChildProcess;
  /** Resolves when stdout contains the text. */
  printed(text: string): Promise<void>;
  /** The text on stdout so far. */
  stdout(): string;
  /** The text on stderr so far. */
  stderr(): string;
  readonly ended: Promise<Ended & { readonly signal: NodeJS.Signals | null }>;
}

/**
 * A project with these files and its own home.
 *
 * @param at its folder; by default a folder that is removed after the test
 */
export async function aProject(
  files: Readonly<Record<string, string>>,
  at?: string,
): Promise<Project> {
  const folder = at ?? (await temporaryFolder());
  const home = join(folder, '.headrace');
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  };
  await write('package.json', '{ "name": "a-project", "type": "module" }');
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const cli: Project['cli'] = async (...args) => {
    const { code, stdout, stderr } = await startCommand(args, folder).ended;
    return { code, stdout, stderr };
  };
  return {
    folder,
    home,
    write,
    cli,
    async json(...args) {
      const { code, stdout, stderr } = await cli(...args, '--json');
      if (stdout === '') throw new Error(`no document was printed: ${stderr}`);
      return { code, run: runDocumentSchema.parse(JSON.parse(stdout)), stderr };
    },
    start: (...args) => startCommand(args, folder),
  };
}

function startCommand(args: readonly string[], cwd: string): Running {
  // The command does not inherit colours and home from the environment of the tests.
  const { FORCE_COLOR: _, NO_COLOR: __, HEADRACE_HOME: ___, ...env } = process.env;
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const check of waiting) check();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended & { signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!stdout.includes(text)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
      void ended.then(() =>
        reject(
          new Error(
            `the command ended without printing ${JSON.stringify(text)}:\n${stdout}\n${stderr}`,
          ),
        ),
      );
    });
  return { process: child, printed, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Expects exit code 2, nothing on stdout, and on stderr one sentence with these texts, no stack. */
export function expectRefusal({ code, stdout, stderr }: Ended, ...words: readonly string[]): void {
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error: /);
  expect(stderr).not.toMatch(/\n\s+at /);
  for (const word of words) expect(stderr).toContain(word);
}

export const statusesOf = (run: RunDocument): readonly string[] =>
  run.steps.map(({ name, status }) => `${name} ${status}`);
