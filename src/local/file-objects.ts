/**
 * The object store as files: `<home>/objects/<key>`, with each segment of the key escaped as a file
 * name.
 *
 * 1. A file is written under another name on the same disk, synced, and then renamed. A power
 *    failure may lose an object, but never leaves a part of one, which a cache would accept as
 *    complete.
 * 2. Files are private and read-only, so that no other user reads them, and a program that receives
 *    the path of an artifact cannot change it by mistake.
 * 3. Different keys have different files, also on file systems that ignore case or normalise
 *    Unicode. No key leads out of the folder.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import {
  type ObjectInfo,
  ObjectMissingError,
  type ObjectRange,
  type Objects,
  ObjectTooLargeError,
} from '../ports/objects.ts';
import { StoreFullError } from './store/errors.ts';

export interface FileObjects extends Objects {
  /** The path of an object's file, which need not exist. Never write to it. */
  path(key: string): string;
}

/** The object store of a home folder. Its folders are created with the first object. */
export const createFileObjects = (home: string): FileObjects =>
  new ObjectFiles(join(home, 'objects'));

/** Not the name of any key: in an escaped segment, two digits follow each per cent sign. */
const UNFINISHED_FOLDER = '%unfinished';
/** An unfinished file that is older was left by a process that was killed. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;
/** Stays below the 255 bytes that file systems allow. */
const MAX_FILE_NAME_LENGTH = 200;

class ObjectFiles implements FileObjects {
  readonly #root: string;
  #swept = false;

  constructor(root: string) {
    this.#root = root;
  }

  path(key: string): string {
    return join(this.#root, ...key.split('/').map(fileName));
  }

  async put(key: string, content: Uint8Array | Readable): Promise<ObjectInfo> {
    const { file, info } = await this.#write(content);
    await this.#publish(file, () => rename(file, this.path(key)), key);
    return info;
  }

  async putIfAbsent(key: string, content: Uint8Array): Promise<void> {
    if (await this.exists(key)) return;
    const { file } = await this.#write(content);
    await this.#publish(file, () => link(file, this.path(key)).catch(ignoreErrors('EEXIST')), key);
    await rm(file, { force: true });
  }

  async get(key: string, maxBytes: number): Promise<Uint8Array> {
    const handle = await open(this.path(key)).catch(throwMissing(key));
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new ObjectMissingError(key);
      if (stats.size > maxBytes) throw new ObjectTooLargeError(key, stats.size, maxBytes);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  }

  async slice(key: string, from: number, to: number): Promise<Uint8Array> {
    const handle = await open(this.path(key)).catch(throwMissing(key));
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new ObjectMissingError(key);
      const bytes = Buffer.alloc(Math.max(0, Math.min(to, stats.size) - from));
      let length = 0;
      while (length < bytes.length) {
        const read = await handle.read(bytes, length, bytes.length - length, from + length);
        if (read.bytesRead === 0) break;
        length += read.bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await handle.close();
    }
  }

  async stream(key: string, range?: ObjectRange): Promise<Readable> {
    const handle = await open(this.path(key)).catch(throwMissing(key));
    if ((await handle.stat()).isFile())
      return handle.createReadStream(
        range === undefined ? undefined : { start: range.from, end: range.to - 1 },
      );
    await handle.close();
    throw new ObjectMissingError(key);
  }

  async exists(key: string): Promise<boolean> {
    return (await this.size(key)) !== undefined;
  }

  async size(key: string): Promise<number | undefined> {
    return stat(this.path(key)).then(
      (stats) => (stats.isFile() ? stats.size : undefined),
      () => undefined,
    );
  }

  async remove(prefix: string, kept: ReadonlySet<string> = new Set()): Promise<void> {
    const keptPaths = new Set([...kept].map((key) => this.path(key)));
    const segments = prefix.split('/');
    const lastSegment = segments.pop() ?? '';
    const folder = join(this.#root, ...segments.map(fileName));
    const names = await readdir(folder).catch(ignoreErrors('ENOENT', 'ENOTDIR'));
    for (const name of names ?? [])
      if (name !== UNFINISHED_FOLDER && nameStartsWith(name, lastSegment))
        await removeExcept(join(folder, name), keptPaths);
  }

  /** Writes the content to an unfinished file. */
  async #write(
    content: Uint8Array | Readable,
  ): Promise<{ readonly file: string; readonly info: ObjectInfo }> {
    const folder = join(this.#root, UNFINISHED_FOLDER);
    const file = join(folder, randomUUID());
    try {
      await this.#sweep(folder);
      const handle = await open(file, 'wx', 0o400);
      try {
        return { file, info: await writeContent(handle, content) };
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(file, { force: true });
      throw this.#toStoreError(error);
    }
  }

  async #publish(file: string, publish: () => Promise<void>, key: string): Promise<void> {
    try {
      await mkdir(dirname(this.path(key)), { recursive: true, mode: 0o700 });
      await publish();
    } catch (error) {
      await rm(file, { force: true });
      throw this.#toStoreError(error);
    }
  }

  /** Creates the folder of unfinished files, and removes the abandoned ones. */
  async #sweep(folder: string): Promise<void> {
    if (this.#swept) return;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    this.#swept = true;
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      const stats = await stat(file).catch(ignoreErrors('ENOENT'));
      if (stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS)
        await rm(file, { force: true });
    }
  }

  #toStoreError(error: unknown): unknown {
    return errorCodeOf(error) === 'ENOSPC' || errorCodeOf(error) === 'EDQUOT'
      ? new StoreFullError(this.#root, { cause: error })
      : error;
  }
}

/** Removes the file or folder at `path`, except the files in `kept`. */
async function removeExcept(path: string, kept: ReadonlySet<string>): Promise<void> {
  if (kept.has(path)) return;
  if (![...kept].some((file) => file.startsWith(`${path}${sep}`)))
    return rm(path, { recursive: true, force: true });
  for (const name of (await readdir(path).catch(ignoreErrors('ENOENT', 'ENOTDIR'))) ?? [])
    await removeExcept(join(path, name), kept);
}

async function writeContent(
  handle: FileHandle,
  content: Uint8Array | Readable,
): Promise<ObjectInfo> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    const bytes: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    hash.update(bytes);
    size += bytes.byteLength;
    await handle.writeFile(bytes);
  }
  await handle.datasync();
  return { size, hash: hash.digest('hex') };
}

/**
 * The file name of one segment of a key (rule 3). Lower-case letters, digits and `._-` stay; each
 * other byte becomes a per cent sign and two digits.
 */
function fileName(segment: string): string {
  if (segment === '') return '%';
  if (segment === '.' || segment === '..') return segment.replaceAll('.', '%2e');
  const name = escapeSegment(segment);
  if (name.length <= MAX_FILE_NAME_LENGTH) return name;
  return `${name.slice(0, MAX_FILE_NAME_LENGTH - 70).replace(/%.?$/, '')}~${createHash('sha256').update(segment).digest('hex')}`;
}

const escapeSegment = (text: string): string =>
  [...Buffer.from(text)].map((byte) => ESCAPED_BYTES[byte]).join('');

const ESCAPED_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[a-z0-9._-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
});

/** True if the segment with this file name starts with the text. */
function nameStartsWith(name: string, text: string): boolean {
  if (text === '' || name === fileName(text)) return true;
  const [plain = ''] = name.split('~');
  return plain.replaceAll('%2e', '.').startsWith(escapeSegment(text));
}

function throwMissing(key: string): (error: unknown) => never {
  return (error) => {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCodeOf(error)))
      throw new ObjectMissingError(key);
    throw error;
  };
}

function ignoreErrors(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(errorCodeOf(error))) throw error;
    return undefined;
  };
}

function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
