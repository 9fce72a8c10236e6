/** `headrace artifacts list` and `headrace artifacts get` */
import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decode, fromInline } from '../../codec/index.ts';
import type { Artifact, Model } from '../../model/artifacts.ts';
import type { Run } from '../../model/run.ts';
import { isStored, type Value } from '../../model/value.ts';
import type { Objects } from '../../ports/objects.ts';
import { CommandLineError, NotFoundError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { clip, formatSize, formatTable } from '../format.ts';
import { findHome } from '../home.ts';
import type { HomeRecords } from '../load-engine.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import { openRecords } from '../records.ts';
import { readableValue, stepPages } from '../run-report.ts';
import { selectRun, selectSteps } from '../select.ts';
import type { TargetOptions } from '../target.ts';

/** What `list` shows of an artifact or model. `step` is null for what the run has of its own. */
export interface ArtifactListEntry {
  readonly step: string | null;
  readonly kind: 'artifact' | 'model';
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly hash: string;
  readonly preview: string;
}

interface Owner {
  readonly artifacts: readonly Artifact[];
  readonly models: readonly Model[];
}

export async function list(
  run: string,
  step: string | undefined,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const entries = await withRun(run, options, async (records, { info, head }) => {
    if (step !== undefined)
      return (await selectSteps(records, info.id, step)).flatMap((each) =>
        entriesOf(each.name, each),
      );
    const found = entriesOf(null, head);
    for await (const page of stepPages(records.queries, info.id))
      for (const each of page) found.push(...entriesOf(each.name, each));
    return found;
  });
  await printArtifacts(entries, options.json, output);
  return EXIT.completed;
}

export interface GetOptions extends TargetOptions {
  readonly output?: string;
}

type ReadableObjects = Pick<Objects, 'get' | 'stream'>;

export async function get(
  run: string,
  step: string | undefined,
  name: string,
  options: GetOptions,
  output: Output,
): Promise<ExitCode> {
  await withRun(run, options, async (records, { info, head }) => {
    const [selectedStep, ...others] =
      step === undefined ? [] : await selectSteps(records, info.id, step);
    const owner: Owner = selectedStep ?? head;
    if (others.length > 0)
      throw new CommandLineError(
        `component ${JSON.stringify(step)} was called several times: name the step, as in ${others[0]?.name}`,
      );
    const found =
      owner.artifacts.find((each) => each.name === name) ??
      owner.models.find((each) => each.name === name);
    if (found === undefined) throw new NotFoundError(missingMessage(info.id, step, name, owner));
    await outputValue(found.value, name, options.output, records.objects, output);
  });
  return EXIT.completed;
}

/** To the file that is named, else to stdout. */
export async function outputValue(
  value: Value,
  name: string,
  path: string | undefined,
  objects: ReadableObjects,
  output: Output,
): Promise<void> {
  if (path === undefined) await printValue(value, name, objects, output);
  else output.note(`wrote ${await saveValue(value, resolve(path), objects)}`);
}

async function withRun<T>(
  text: string,
  options: TargetOptions,
  action: (records: HomeRecords, run: Run) => Promise<T>,
): Promise<T> {
  const records = await openRecords(findHome(options.home, process.cwd()));
  try {
    return await action(records, await selectRun(records, text));
  } finally {
    await records.close();
  }
}

export function missingMessage(
  run: string,
  step: string | undefined,
  name: string,
  {
    artifacts,
    models,
  }: {
    readonly artifacts: readonly { readonly name: string }[];
    readonly models: readonly { readonly name: string }[];
  },
): string {
  const names = [...artifacts, ...models].map((each) => each.name);
  return `${step === undefined ? `run ${run} itself` : `step ${step} of run ${run}`} has no artifact or model ${JSON.stringify(name)}: ${names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`}`;
}

function entriesOf(step: string | null, { artifacts, models }: Owner): ArtifactListEntry[] {
  return [
    ...artifacts.map(({ name, type, size, hash, preview }) => ({
      step,
      kind: 'artifact' as const,
      name,
      type,
      size,
      hash,
      preview,
    })),
    ...models.map(({ name, value, size, hash }) => ({
      step,
      kind: 'model' as const,
      name,
      type: value.format,
      size,
      hash,
      preview: '',
    })),
  ];
}

export async function printArtifacts(
  entries: readonly ArtifactListEntry[],
  json: boolean | undefined,
  output: Output,
): Promise<void> {
  if (json) await output.write(`${JSON.stringify(entries)}\n`);
  else
    await output.write(
      `${(entries.length === 0 ? ['no artifacts'] : table(entries, output)).join('\n')}\n`,
    );
}

function table(entries: readonly ArtifactListEntry[], { colors }: Output): string[] {
  return formatTable(
    entries,
    [
      { title: 'step', value: ({ step }) => step ?? '(the run)' },
      { title: 'name', value: ({ name }) => name },
      { title: 'kind', value: ({ kind }) => kind },
      { title: 'type', value: ({ type }) => type },
      { title: 'size', value: ({ size }) => formatSize(size) },
      { title: 'preview', value: ({ preview }) => clip(preview, 60), paint: colors.dim },
    ],
    colors.dim,
  );
}

/** To stdout: data as JSON that can be read, bytes and files as they are, unless a person looks. */
async function printValue(
  value: Value,
  name: string,
  objects: ReadableObjects,
  output: Output,
): Promise<void> {
  const bytes = await decodedBytes(value, objects);
  if (bytes === undefined && (value.format === 'json' || value.format === 'cbor')) {
    await output.write(`${JSON.stringify(await readableValue(value, objects))}\n`);
    return;
  }
  if (output.outIsTerminal)
    throw new CommandLineError(
      `artifact ${JSON.stringify(name)} is binary: write it to a file with -o`,
    );
  for await (const chunk of await contentStream(value, objects)) await output.write(chunk);
}

/** To a file or folder, as it is stored: JSON text, bytes, the file, CBOR for the rest; a folder is unpacked. Returns where it went. */
async function saveValue(value: Value, path: string, objects: ReadableObjects): Promise<string> {
  const source = await contentStream(value, objects);
  if (value.format === 'folder') {
    await mkdir(path, { recursive: true });
    const { extract } = await import('tar');
    await pipeline(source, extract({ cwd: path }));
    return path;
  }
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (isFolder && !(isStored(value) && value.name !== undefined))
    throw new CommandLineError(`${path} is a folder: name a file in it`);
  const target =
    isFolder && isStored(value) && value.name !== undefined
      ? join(path, basename(value.name))
      : path;
  await mkdir(dirname(target), { recursive: true });
  try {
    await pipeline(source, createWriteStream(target));
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
  return target;
}

async function contentStream(value: Value, objects: ReadableObjects): Promise<Readable> {
  const bytes = await decodedBytes(value, objects);
  if (bytes !== undefined) return Readable.from([Buffer.from(bytes)]);
  if (isStored(value)) return await objects.stream(value.key);
  const encoded = fromInline(value);
  return Readable.from([
    encoded.format === 'json' ? Buffer.from(encoded.text) : Buffer.from(encoded.bytes),
  ]);
}

/** A few bytes travel as CBOR; a person wants the bytes. */
async function decodedBytes(
  value: Value,
  objects: ReadableObjects,
): Promise<Uint8Array | undefined> {
  if (value.format !== 'cbor') return undefined;
  const decoded = decode(
    isStored(value) ? { format: 'cbor', bytes: await objects.get(value.key) } : fromInline(value),
  );
  return decoded instanceof Uint8Array ? decoded : undefined;
}
