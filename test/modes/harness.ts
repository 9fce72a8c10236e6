/**
 * Runs all programs with the built command, a few at once, each in a project of its own.
 *
 * @module
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { execute, ROOT, temporaryFolder } from '../e2e/headrace.ts';
import { each } from '../e2e/run-each.ts';
import { runDocumentSchema } from '../unit/cli/contract.ts';
import type { Mode, Outcome, Program } from './program.ts';
import { PROGRAMS } from './programs/index.ts';

const COMMAND = join(ROOT, 'dist/bin/headrace.js');

const HEAD = `import { ArtifactFile, component, currentStep, pipeline, PipelineDecorator, sleep, StepAbortedError, StepFailedError, StepSkippedError } from 'headrace';`;

type Outcomes = Readonly<Record<string, Outcome>>;

/** The outcomes that the programs must have in this mode. */
const expectedOutcomes = (mode: Mode): Outcomes =>
  Object.fromEntries(
    Object.entries(PROGRAMS).map(([name, { outcome, exceptions }]) => [
      name,
      exceptions?.[mode] ?? outcome,
    ]),
  );

export interface Target {
  /** Options of `headrace run`. */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs every program. The folders are removed when the test ends. */
async function outcomesOf({ options = [], env = {} }: Target): Promise<Outcomes> {
  const folder = await temporaryFolder();
  const names = Object.keys(PROGRAMS);
  return await each(names, async (name) => {
    const program = PROGRAMS[name];
    if (program === undefined) throw new Error(`there is no program "${name}"`);
    const project = join(folder, String(names.indexOf(name)));
    await writeProject(project, program);
    const { code, stdout, stderr } = await execute(
      process.execPath,
      [
        COMMAND,
        'run',
        'pipeline.ts',
        ...(program.args ?? []).flatMap((arg) => ['--arg', arg]),
        ...options,
        '--json',
      ],
      {
        cwd: project,
        env: { HEADRACE_HOME: '', HEADRACE_MODE: '', NO_COLOR: '1', ...env, ...program.env },
      },
    );
    const outcome = outcomeOf(program, code, stdout, stderr);
    if (program.commands === undefined || options.includes('debug')) return outcome;
    const { id } = runDocumentSchema.parse(JSON.parse(stdout));
    const commands: unknown[] = [];
    for (const { args, read } of program.commands)
      commands.push(read(await outputOf(project, [...args(id), ...options], env)));
    return { ...outcome, commands };
  });
}

/** What a command that succeeds prints. */
async function outputOf(
  project: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stdout, stderr } = await execute(process.execPath, [COMMAND, ...args], {
    cwd: project,
    env: { HEADRACE_HOME: '', HEADRACE_MODE: '', NO_COLOR: '1', ...env },
  });
  if (code !== 0) throw new Error(`headrace ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

async function writeProject(folder: string, { source, files, links = {} }: Program): Promise<void> {
  const texts = {
    'package.json': '{ "name": "a-project", "type": "module" }',
    'pipeline.ts': `${HEAD} ${source}`,
    ...files,
  };
  for (const [file, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  for (const [link, target] of Object.entries(links)) {
    await mkdir(dirname(join(folder, link)), { recursive: true });
    await symlink(join(folder, target), join(folder, link));
  }
}

function outcomeOf(
  { records }: Program,
  code: number | null,
  stdout: string,
  stderr: string,
): Outcome {
  // Before a run starts, there is no document.
  if (stdout === '') return { code: code ?? -1, status: 'failed', error: stderr };
  const document = runDocumentSchema.parse(JSON.parse(stdout));
  const { status, result, error } = document;
  const recorded = records === undefined ? {} : { records: records(document) };
  return status === 'completed' && code === 0
    ? { code, result, ...recorded }
    : {
        code: code ?? -1,
        status: status === 'aborted' ? status : 'failed',
        error: withoutStacks(error),
        ...recorded,
      };
}

/** `programs/positions.ts` compares positions. Stacks have frames of their mode. */
const withoutStacks = (error: unknown): unknown =>
  JSON.parse(
    JSON.stringify(error, (key, value: unknown) =>
      ['stack', 'location', 'codeFrame'].includes(key) ? undefined : value,
    ),
  );

/** Runs every program, and expects the outcomes of this mode. */
export async function expectOutcomes(mode: Mode, target: Target): Promise<void> {
  const outcomes = await outcomesOf(target);
  for (const [name, expected] of Object.entries(expectedOutcomes(mode)))
    expect.soft(textOf(outcomes[name]), `${name}, in ${mode} mode`).toBe(textOf(expected));
}

/** As JSON with sorted keys, because the message of a failed test omits nested values. */
const textOf = (outcome: unknown): string =>
  JSON.stringify(outcome, (_, value: unknown) =>
    isPlainObject(value) ? Object.fromEntries(Object.entries(value).sort()) : value,
  );

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
