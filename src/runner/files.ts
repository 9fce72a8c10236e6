/**
 * Files and folders as artifacts: streamed to the store, and from the store to a private copy. The
 * content is never held in memory as a whole. A folder is stored as an archive (`src/folders`).
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UnpackableFolderError } from '../folders/errors.ts';
import { packFolder } from '../folders/pack-folder.ts';
import { scanFolder } from '../folders/scan-folder.ts';
import { unpackFolder } from '../folders/unpack-folder.ts';
import type { StoredValue } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';
import { UnserializableArtifactError } from '../sdk/value-errors.ts';
import { DamagedObjectError } from './errors.ts';

const MAX_PREVIEW_NAMES = 10;
const READ_BUFFER_BYTES = 1 << 20;

export interface StoredFile {
  readonly value: StoredValue;
  readonly preview: string;
}

/** @param what names the artifact in errors: `the return value "model"` */
export async function storeFile(
  objects: Objects,
  key: string,
  path: string,
  what: string,
): Promise<StoredFile> {
  const absolute = resolve(path);
  const info = await stat(absolute).catch((error: unknown) => {
    throw new UnserializableArtifactError(what, `there is no file or folder ${absolute}`, error);
  });
  const name = basename(absolute);
  if (info.isFile()) {
    const stored = await objects.put(
      key,
      createReadStream(absolute, { highWaterMark: READ_BUFFER_BYTES }),
    );
    return {
      value: {
        format: 'file',
        key,
        ...stored,
        name,
        ...((info.mode & 0o100) === 0 ? {} : { executable: true as const }),
      },
      preview: `${name}, ${stored.size} bytes`,
    };
  }
  if (!info.isDirectory())
    throw new UnserializableArtifactError(
      what,
      `${absolute} is neither a file nor a folder`,
      undefined,
    );
  return await storeFolder(objects, key, absolute).catch((error: unknown) => {
    if (error instanceof UnpackableFolderError)
      throw new UnserializableArtifactError(what, error.message, error);
    throw error;
  });
}

async function storeFolder(objects: Objects, key: string, folder: string): Promise<StoredFile> {
  const name = basename(folder);
  const entries = await scanFolder(folder);
  const stored = await objects.put(key, packFolder(entries));
  const previewNames = entries.slice(0, MAX_PREVIEW_NAMES).map(({ path }) => path);
  return {
    value: { format: 'folder', key, ...stored, name },
    preview: `${name}/: ${entries.length} files: ${previewNames.join(', ')}${entries.length > MAX_PREVIEW_NAMES ? ', …' : ''}`,
  };
}

/** Makes a private, read-only copy in `folder`. Returns its path. */
export async function fetchFile(
  objects: Objects,
  value: StoredValue,
  folder: string,
): Promise<string> {
  const path = join(folder, safeName(value));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const content = new CheckedContent(await objects.stream(value.key), value);
  if (value.format === 'folder') {
    try {
      await unpackFolder(content, path, { size: value.size, readOnly: true });
    } catch (error) {
      // A damaged archive is also one that cannot be unpacked.
      await checkObject(objects, value);
      throw error;
    }
    content.check();
  } else {
    await pipeline(
      content,
      createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: READ_BUFFER_BYTES }),
    );
    content.check();
    await chmod(path, value.executable === true ? 0o500 : 0o400);
  }
  return path;
}

/** The content of an object, which is compared with its record when it is read to its end. */
class CheckedContent implements AsyncIterable<Uint8Array> {
  readonly #content: Readable;
  readonly #value: StoredValue;
  readonly #hash = createHash('sha256');
  #size = 0;
  #digest: string | undefined;

  constructor(content: Readable, value: StoredValue) {
    this.#content = content;
    this.#value = value;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#content as AsyncIterable<Uint8Array>) {
      this.#hash.update(chunk);
      this.#size += chunk.byteLength;
      yield chunk;
    }
    this.#digest = this.#hash.digest('hex');
  }

  /** @throws DamagedObjectError */
  check(): void {
    if (this.#digest !== this.#value.hash)
      throw new DamagedObjectError(this.#value.key, this.#size, this.#value.size);
  }
}

/** Reads the whole object. @throws DamagedObjectError */
async function checkObject(objects: Objects, value: StoredValue): Promise<void> {
  const content = new CheckedContent(await objects.stream(value.key), value);
  for await (const _ of content);
  content.check();
}

const safeName = ({ name, format }: StoredValue): string => {
  const base = basename(name ?? '');
  return base === '' || base === '.' || base === '..' ? format : base;
};
