/**
 * The temporary folder of a run in debug mode, with its artifacts and models, and a folder for each
 * attempt of a step.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { MAX_FILE_NAME_LENGTH } from '../../model/limits.ts';
import { isArtifactFile } from '../artifact-file.ts';
import { checkedFramework } from '../report-limits.ts';
import type { CheckedMetadata } from '../report-metadata.ts';
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

  /**
   * Checks a file or folder that a step returns, as the other modes do when they store it. It may
   * be in this folder, which is therefore kept after the run.
   */
  async checkFile(path: string): Promise<void> {
    this.#retained = true;
    if ((await stat(path)).isDirectory()) {
      const { scanFolder } = await import('../../folders/scan-folder.ts');
      await scanFolder(path);
    }
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
    const metadata = await checkMetadata(`artifact ${JSON.stringify(name)}`, options.metadata);
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
      ...metadata,
    };
  }

  async storeModel(name: string, source: string, options: ModelOptions = {}): Promise<DebugModel> {
    const what = `model ${JSON.stringify(name)}`;
    const framework = checkedFramework(what, options.framework);
    const metadata = await checkMetadata(what, options.metadata);
    this.#retained = true;
    const path = join(this.createFolder(), fileName(name));
    await copy(source, path);
    const { size } = await stat(path);
    return {
      name,
      path,
      size,
      ...(framework === undefined ? {} : { framework }),
      ...metadata,
    };
  }
}

/**
 * Writes the value and returns the artifact's type. @throws UnserializableValueError, as in the
 * other modes.
 */
async function writeValue(path: string, value: unknown): Promise<string> {
  if (isArtifactFile(value)) {
    return await copy(value.path, path);
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

/** A folder passes through an archive, as in the other modes: the copy, or the error, is equal. */
async function copy(source: string, target: string): Promise<'file' | 'folder'> {
  if (!(await stat(source)).isDirectory()) {
    await copyFile(source, target);
    return 'file';
  }
  const { packFolder } = await import('../../folders/pack-folder.ts');
  const { scanFolder } = await import('../../folders/scan-folder.ts');
  const { unpackFolder } = await import('../../folders/unpack-folder.ts');
  await unpackFolder(packFolder(await scanFolder(source)), target);
  return 'folder';
}

/** Loads the codec when there is metadata to check. */
async function checkMetadata(what: string, metadata: unknown): Promise<CheckedMetadata> {
  if (metadata === undefined) return {};
  const { checkedMetadata } = await import('../report-metadata.ts');
  return checkedMetadata(what, metadata);
}

/** A name may contain `/`, and a file name may not. Each file has a folder of its own. */
const fileName = (name: string): string =>
  encodeURIComponent(Buffer.from(name).toString()).slice(0, MAX_FILE_NAME_LENGTH);
