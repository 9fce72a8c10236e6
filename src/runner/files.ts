/**
 * Files and folders as artifacts: streamed to the store, and from the store to a private copy. The
 * content is never held in memory as a whole.
 *
 * A folder is stored as a tar whose bytes depend on its content alone (sorted names, no times, no
 * owners), so that equal folders have equal hashes.
 *
 * @module
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoredValue } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';
import { UnserializableArtifactError } from './errors.ts';

const EPOCH = new Date(0);
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
      value: { format: 'file', key, ...stored, name },
      preview: `${name}, ${stored.size} bytes`,
    };
  }
  if (!info.isDirectory())
    throw new UnserializableArtifactError(
      what,
      `${absolute} is neither a file nor a folder`,
      undefined,
    );
  const names = await listFiles(absolute);
  const stored = await objects.put(key, await pack(absolute, names));
  const previewNames = names.slice(0, MAX_PREVIEW_NAMES).join(', ');
  return {
    value: { format: 'folder', key, ...stored, name },
    preview: `${name}/: ${names.length} files: ${previewNames}${names.length > MAX_PREVIEW_NAMES ? ', …' : ''}`,
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
  const content = await objects.stream(value.key);
  if (value.format === 'folder') {
    await mkdir(path);
    await unpack(content, path);
  } else {
    await pipeline(
      content,
      createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: READ_BUFFER_BYTES }),
    );
    const { size } = await stat(path);
    if (size !== value.size)
      throw new RangeError(
        `the object ${value.key} has ${size} bytes, but ${value.size} were written: the store is damaged`,
      );
    await chmod(path, 0o400);
  }
  return path;
}

const safeName = ({ name, format }: StoredValue): string => {
  const base = basename(name ?? '');
  return base === '' || base === '.' || base === '..' ? format : base;
};

/**
 * The relative paths of all files and empty folders in a folder, in the same order on every
 * machine.
 */
async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => ({
    path: join(entry.parentPath, entry.name).slice(folder.length + 1),
    isFolder: entry.isDirectory(),
  }));
  const parents = new Set(
    paths.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('/')))),
  );
  return paths
    .filter(({ path, isFolder }) => !isFolder || !parents.has(path))
    .map(({ path }) => path)
    .sort();
}

async function pack(cwd: string, names: readonly string[]): Promise<Readable> {
  const { create } = await import('tar');
  const content = new PassThrough({ highWaterMark: READ_BUFFER_BYTES });
  // The prefix `./` keeps a name that starts with @ or - from being read as an option.
  const archive = create(
    { cwd, portable: true, mtime: EPOCH, noDirRecurse: true, strict: true },
    // tar rejects an empty list of names.
    names.length === 0 ? ['.'] : names.map((name) => `./${name}`),
  );
  archive.on('error', (error: unknown) =>
    content.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  archive.pipe(content);
  return content;
}

async function unpack(content: Readable, cwd: string): Promise<void> {
  const { extract } = await import('tar');
  // tar needs Buffers: the pass-through converts the bytes that the store returns.
  await pipeline(content, new PassThrough(), extract({ cwd, strict: true }));
  for (const entry of await readdir(cwd, { recursive: true, withFileTypes: true })) {
    // Folders stay writable, so that they can be removed.
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      const { mode } = await stat(path);
      await chmod(path, mode & 0o555);
    }
  }
}
