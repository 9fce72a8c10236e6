/**
 * The temporary folder of a run in debug mode, with its artifacts and models, and a folder for each
 * attempt of a step.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { cp, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { isArtifactFile } from '../artifact-file.ts';
import type { ArtifactOptions, ModelOptions } from '../step/runtime.ts';
import type { DebugArtifact, DebugModel } from './report.ts';

const PREVIEW_LENGTH = 200;

export class DebugFolder {
  readonly #path: string;
  /** A file in the folder is needed after the run. */
  #retained = false;
  #folderCount = 0;

  private constructor(path: string) {
    this.#path = path;
  }

  static async create(): Promise<DebugFolder> {
    return new DebugFolder(await mkdtemp(join(tmpdir(), 'headrace-debug-')));
  }

  /** Creates an empty folder and returns its path. */
  createFolder(): string {
    const folder = join(this.#path, String(this.#folderCount++));
    mkdirSync(folder);
    return folder;
  }

  /** Keeps the folder after the run. */
  retainFiles(): void {
    this.#retained = true;
  }

  /** Removes the folder, unless a file in it is needed. */
  async close(): Promise<void> {
    if (!this.#retained) await rm(this.#path, { recursive: true, force: true });
  }

  async storeArtifact(
    name: string,
    value: unknown,
    options: ArtifactOptions = {},
  ): Promise<DebugArtifact> {
    this.#retained = true;
    const path = join(this.createFolder(), fileName(name));
    const type = await writeValue(path, value);
    const { size } = await stat(path);
    const preview =
      typeof value === 'string'
        ? value.slice(0, PREVIEW_LENGTH)
        : inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY }).slice(
            0,
            PREVIEW_LENGTH,
          );
    return {
      name,
      type,
      path,
      size,
      preview,
      ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
    };
  }

  async storeModel(name: string, source: string, options: ModelOptions = {}): Promise<DebugModel> {
    this.#retained = true;
    const path = join(this.createFolder(), fileName(name));
    await cp(source, path, { recursive: true });
    const { size } = await stat(path);
    const { framework, metadata } = options;
    return {
      name,
      path,
      size,
      ...(framework === undefined ? {} : { framework }),
      ...(metadata === undefined ? {} : { metadata }),
    };
  }
}

/**
 * Writes the value and returns the artifact's type. @throws UnserializableValueError, as in the
 * other modes.
 */
async function writeValue(path: string, value: unknown): Promise<string> {
  if (isArtifactFile(value)) {
    await cp(value.path, path, { recursive: true });
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  }
  if (value instanceof Uint8Array) {
    await writeFile(path, value);
    return 'bytes';
  }
  const { encode } = await import('../../codec/index.ts');
  const encoded = encode(value);
  await writeFile(path, encoded.format === 'json' ? encoded.text : encoded.bytes);
  return encoded.format;
}

/** A name may contain `/`, and a file name may not. */
const fileName = (name: string): string => encodeURIComponent(name);
