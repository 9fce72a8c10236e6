/**
 * Prints artifacts and models: a list of them, or the content of one to stdout or to a file.
 *
 * @module
 */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decode, fromInline } from '../codec/index.ts';
import { unpackFolder } from '../folders/unpack-folder.ts';
import { CommandLineError, NotFoundError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { JsonObject } from '../model/json.ts';
import { isStored, type Value } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';
import { clip, formatSize, formatTable } from '../view/format.ts';
import type { Output } from '../view/output.ts';
import { readableValue } from '../view/run-report.ts';

/** A row of `list`: an artifact or model. `step` is null if it belongs to the run itself. */
export interface ArtifactListEntry {
  readonly step: string | null;
  readonly kind: 'artifact' | 'model';
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly hash: string;
  readonly preview: string;
  readonly metadata: JsonObject | null;
}

/** An artifact that `get` selects: without a step, one of the run itself. */
export interface ArtifactName {
  readonly step: string | undefined;
  readonly name: string;
}

interface Listed {
  readonly name: string;
  readonly size: number;
  readonly hash: string;
  readonly metadata?: JsonObject | null | undefined;
}

export type ReadableObjects = Pick<Objects, 'get' | 'stream'>;

/** The entries of a step, or of the run itself (`step` null). */
export function listEntries(
  step: string | null,
  artifacts: readonly (Listed & { readonly type: string; readonly preview: string })[],
  models: readonly (Listed & { readonly type: string })[],
): ArtifactListEntry[] {
  return [
    ...artifacts.map(({ name, type, size, hash, preview, metadata = null }) => ({
      step,
      kind: 'artifact' as const,
      name,
      type,
      size,
      hash,
      preview,
      metadata,
    })),
    ...models.map(({ name, type, size, hash, metadata = null }) => ({
      step,
      kind: 'model' as const,
      name,
      type,
      size,
      hash,
      preview: '',
      metadata,
    })),
  ];
}

export async function printArtifacts(
  entries: readonly ArtifactListEntry[],
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  if (json) await output.write(`${JSON.stringify(entries)}\n`);
  else
    await output.write(
      `${(entries.length === 0 ? ['no artifacts'] : table(entries, output)).join('\n')}\n`,
    );
  return EXIT.completed;
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
      ...(entries.some(({ metadata }) => metadata !== null)
        ? [
            {
              title: 'metadata',
              value: ({ metadata }: ArtifactListEntry) =>
                metadata === null ? '' : clip(JSON.stringify(metadata), 60),
              paint: colors.dim,
            },
          ]
        : []),
    ],
    colors.dim,
  );
}

/** The one step that the name selects. @throws CommandLineError if it selects several */
export function onlyStep<S extends { readonly name: string }>(
  component: string,
  steps: readonly S[],
): S | undefined {
  const [first, another] = steps;
  if (another === undefined) return first;
  throw new CommandLineError(
    `component ${JSON.stringify(component)} was called several times: name the step, as in ${another.name}`,
  );
}

export function missingArtifactError(
  run: string,
  { step, name }: ArtifactName,
  existingNames: readonly string[],
): NotFoundError {
  const owner = step === undefined ? `run ${run} itself` : `step ${step} of run ${run}`;
  const existing =
    existingNames.length === 0 ? 'it has none' : `it has ${existingNames.join(', ')}`;
  return new NotFoundError(
    `${owner} has no artifact or model ${JSON.stringify(name)}: ${existing}${step === undefined ? '. For those of a step, write the step before the name' : ''}`,
  );
}

/** Writes the value to the file or folder at `path`, or to stdout if there is no path. */
export async function outputValue(
  value: Value,
  name: string,
  path: string | undefined,
  objects: ReadableObjects,
  output: Output,
): Promise<ExitCode> {
  if (path === undefined) await printValue(value, name, objects, output);
  else output.note(`wrote ${await saveValue(value, resolve(path), objects)}`);
  return EXIT.completed;
}

/**
 * To stdout: data as readable JSON, bytes and files as they are. Bytes are refused on a terminal.
 */
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

/**
 * Writes the value as it is stored: JSON text, bytes, the file, CBOR for other data. A folder is
 * unpacked. Returns the path that was written.
 */
async function saveValue(value: Value, path: string, objects: ReadableObjects): Promise<string> {
  if (value.format === 'folder') {
    const existing = await readdir(path).catch(() => []);
    if (existing.length > 0)
      throw new CommandLineError(
        `${path} is not empty: name a new folder, into which the artifact is unpacked`,
      );
    await unpackFolder(await objects.stream(value.key), path, { size: value.size });
    return path;
  }
  const source = await contentStream(value, objects);
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const storedName = isStored(value) ? value.name : undefined;
  if (isFolder && storedName === undefined)
    throw new CommandLineError(`${path} is a folder: name a file in it`);
  const target = isFolder && storedName !== undefined ? join(path, basename(storedName)) : path;
  await mkdir(dirname(target), { recursive: true });
  try {
    const mode = isStored(value) && value.executable === true ? 0o777 : 0o666;
    await pipeline(source, createWriteStream(target, { mode }));
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

/** The bytes of a `Uint8Array`, which is encoded as CBOR; undefined for any other value. */
async function decodedBytes(
  value: Value,
  objects: ReadableObjects,
): Promise<Uint8Array | undefined> {
  if (value.format !== 'cbor') return undefined;
  const decoded = decode(
    isStored(value)
      ? { format: 'cbor', bytes: await objects.get(value.key, value.size) }
      : fromInline(value),
  );
  return decoded instanceof Uint8Array ? decoded : undefined;
}
