/**
 * Writes a run as data that other programs read: its record, steps, arguments, metrics and log, and
 * if requested its artifacts and models. The format is documented in docs/exported-runs.md.
 *
 * 1. The document is written in pieces, so that a run of any size needs little memory.
 * 2. An export appears under its name when it is complete.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { CommandLineError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { toIsoTime } from '../model/iso-time.ts';
import { outputTo } from '../program-client/text-output.ts';
import { headraceVersion } from '../submit/package-version.ts';
import type { Output } from '../view/output.ts';
import { type ReportSource, runReport, runReportText, stepReports } from '../view/run-report.ts';
import { runLabel } from '../view/view.ts';
import type { RunViewModel } from '../view/view-models.ts';
import type { ExportCommandOptions } from './option-types.ts';

/** It is raised when a reader of the format has to change. */
export const EXPORT_VERSION = 1;

export interface ExportedRun {
  readonly run: RunViewModel;
  readonly source: ReportSource;
  /** Writes what `headrace runs logs` prints. */
  printLog(output: Output): Promise<unknown>;
  /** Writes an artifact or model; undefined: one of the run itself. */
  save(step: string | undefined, name: string, path: string): Promise<unknown>;
}

/** An artifact or model in the folder of the export. */
interface ExportedFile {
  readonly step: string | null;
  readonly kind: 'artifact' | 'model';
  readonly name: string;
  readonly path: string;
}

type Write = (text: string) => Promise<unknown>;

export async function exportRun(
  exported: ExportedRun,
  { output: target = '-', artifacts = false }: ExportCommandOptions,
  output: Output,
): Promise<ExitCode> {
  if (artifacts && (target === '-' || target.endsWith('.json')))
    throw new CommandLineError('--artifacts needs a folder: name one with --output');
  if (target === '-') {
    await writeDocument(exported, (text) => output.write(text));
    return EXIT.completed;
  }
  if (existsSync(target))
    throw new CommandLineError(`${target} exists: remove it, or name another --output`);
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(dirname(target), { recursive: true });
  if (target.endsWith('.json'))
    await writeFileTo(partial, (write) => writeDocument(exported, write));
  else await writeFolder(exported, partial, artifacts);
  await rename(partial, target);
  await output.write(`${runLabel(exported.run)} is exported to ${target}\n`);
  return EXIT.completed;
}

async function writeFolder(
  exported: ExportedRun,
  folder: string,
  artifacts: boolean,
): Promise<void> {
  await mkdir(folder);
  await writeFileTo(join(folder, 'log.txt'), (write) => writeLog(exported, write));
  const files = artifacts ? await saveOutputs(exported, folder) : [];
  await writeFileTo(join(folder, 'run.json'), (write) => writeDocument(exported, write, files));
}

/** @param files those of the folder; undefined: the document is alone, and has the log */
async function writeDocument(
  exported: ExportedRun,
  write: Write,
  files?: readonly ExportedFile[],
): Promise<void> {
  const head = {
    format: 'headrace-run',
    version: EXPORT_VERSION,
    exportedAt: toIsoTime(Date.now()),
    exportedBy: headraceVersion(),
  };
  await write(`${JSON.stringify(head).slice(0, -1)},"run":`);
  for await (const piece of runReportText(exported.source, exported.run))
    await write(piece.trimEnd());
  if (files === undefined) {
    await write(',"log":"');
    // A character may be in two pieces: the escapes of its halves are the character again.
    await writeLog(exported, (text) => write(JSON.stringify(text).slice(1, -1)));
    await write('"}\n');
    return;
  }
  await write(`,"logFile":"log.txt","files":${JSON.stringify(files)}}\n`);
}

async function writeLog({ printLog }: ExportedRun, write: Write): Promise<void> {
  const decoder = new StringDecoder('utf8');
  await printLog(
    outputTo(async (text) => {
      await write(typeof text === 'string' ? text : decoder.write(text));
    }),
  );
  await write(decoder.end());
}

/** Writes all artifacts and models: `artifacts/steps/train_1/model`, `models/run/best`. */
async function saveOutputs(
  { run, source, save }: ExportedRun,
  folder: string,
): Promise<readonly ExportedFile[]> {
  const files: ExportedFile[] = [];
  const saveAll = async (
    step: string | null,
    kind: ExportedFile['kind'],
    named: readonly { readonly name: string }[],
  ): Promise<void> => {
    for (const { name } of named) {
      const owner = step === null ? 'run' : `steps/${fileName(step)}`;
      const path = `${kind}s/${owner}/${fileName(name)}`;
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await save(step ?? undefined, name, join(folder, path));
      files.push({ step, kind, name, path });
    }
  };
  for await (const step of stepReports(source, run.info.id)) {
    if (step.status === 'superseded') continue;
    await saveAll(step.name, 'artifact', step.artifacts);
    await saveAll(step.name, 'model', step.models);
  }
  const { artifacts, models } = await runReport(source, run);
  await saveAll(null, 'artifact', artifacts);
  await saveAll(null, 'model', models);
  return files;
}

/** A name as the name of a file: other characters are written as `%` and their code. */
const fileName = (name: string): string =>
  name
    .replace(/[^\w.-]/gu, (character) => `%${character.codePointAt(0)?.toString(16) ?? ''}`)
    .replace(/^\.+$/, (dots) => '%2e'.repeat(dots.length));

async function writeFileTo(path: string, write: (write: Write) => Promise<void>): Promise<void> {
  const file: FileHandle = await open(path, 'wx');
  try {
    await write((text) => file.appendFile(text));
    await file.sync();
  } finally {
    await file.close();
  }
}
