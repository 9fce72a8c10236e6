/** `headrace init` */
import { mkdir, stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { shellQuoted } from '../../model/shell-quoted.ts';
import type { Output } from '../../view/output.ts';
import { packageManagerOf } from '../init/package-manager.ts';
import { type WrittenFile, writeProject } from '../init/project-files.ts';
import type { InitCommandOptions } from '../option-types.ts';

export async function init(
  folder: string,
  options: InitCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const project = resolve(folder);
  await requireFolder(project);
  const manager = packageManagerOf(project);
  const { files, notes } = await writeProject(project, manager, options.overwrite);
  const path = relative(process.cwd(), project);
  const next = [
    ...(path === '' ? [] : [`cd ${shellQuoted(path.startsWith('..') ? project : path)}`]),
    manager.install,
    `${manager.execute} headrace run pipeline.ts`,
    manager.test,
  ];
  if (options.json === true) {
    await output.write(`${JSON.stringify({ folder: project, files, notes, next }, null, 2)}\n`);
    return EXIT.completed;
  }
  for (const file of files) await output.write(`${lineOf(file)}\n`);
  for (const note of notes) output.note(`note: ${note}`);
  if (files.some(({ outcome }) => outcome === 'kept'))
    output.note('note: --overwrite <file> replaces a file that was kept');
  await output.write(`\nnext:\n${next.map((line) => `  ${line}`).join('\n')}\n`);
  return EXIT.completed;
}

function lineOf({ path, outcome, added }: WrittenFile): string {
  const detail = added.length === 0 ? '' : `: added ${added.join(', ')}`;
  return `${outcome.padEnd(11)}  ${path}${detail}`;
}

async function requireFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const isFile = (await stat(path).catch(() => undefined))?.isDirectory() === false;
    throw isFile
      ? new CommandLineError(`${path} is a file: name a folder`, { cause: error })
      : error;
  }
}
