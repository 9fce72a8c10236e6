/**
 * Restores a folder from its archive: for a step that receives it, for `artifacts get`, for debug
 * mode. An archive is foreign input, because the code of a step may have written it.
 *
 * 1. Nothing is written outside of the folder. Links are created when everything else exists, so
 *    that nothing is written through one; each must lead to something in the folder.
 * 2. Nothing is skipped or overwritten: an entry that cannot be restored exactly (a second one with
 *    its name, also on a disk that ignores case) refuses the archive.
 * 3. Of the permissions only those to read, write and execute are restored.
 * 4. What was written is removed when the archive is refused.
 *
 * @module
 */
import { mkdir, open, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join, posix, sep } from 'node:path';
import { errorCodeOf, FolderArchiveError } from './errors.ts';
import {
  type ArchiveHeader,
  decodeHeader,
  MAX_FOLDER_ENTRIES,
  paddingAfter,
} from './tar-format.ts';

/** Up to this size a file is held in memory as a whole, several at a time. */
const SMALL_FILE_BYTES = 256 * 1024;
const PARALLEL_WRITES = 8;

type LinkHeader = Extract<ArchiveHeader, { kind: 'link' }>;
type FileHeader = Extract<ArchiveHeader, { kind: 'file' }>;

export interface UnpackOptions {
  /** The bytes of the archive, if they are on record: with more or fewer it is refused. */
  readonly size?: number;
  /** Files cannot be written, as a reminder that they are a copy. */
  readonly readOnly?: boolean;
}

/**
 * @param folder must not exist, or be empty
 * @throws FolderArchiveError
 */
export async function unpackFolder(
  archive: AsyncIterable<Uint8Array>,
  folder: string,
  { size, readOnly = false }: UnpackOptions = {},
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const isNew = await mkdir(folder).then(
    () => true,
    (error: unknown) => {
      if (errorCodeOf(error) === 'EEXIST') return false;
      throw error;
    },
  );
  if (!isNew && (await readdir(folder)).length > 0)
    throw new FolderArchiveError(`${folder} is not empty`);
  const reader = new ArchiveReader(archive, size);
  try {
    await new Unpacking(reader, folder, readOnly).run();
  } catch (error) {
    await reader.close();
    if (isNew) await rm(folder, { recursive: true, force: true });
    else
      for (const name of await readdir(folder))
        await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
}

class Unpacking {
  readonly #reader: ArchiveReader;
  readonly #root: string;
  readonly #readOnly: boolean;
  readonly #folders = new Set<string>(['']);
  readonly #paths = new Set<string>();
  /** The small files that are being written. */
  readonly #writes = new Set<Promise<void>>();
  readonly #writeErrors: unknown[] = [];

  constructor(reader: ArchiveReader, root: string, readOnly: boolean) {
    this.#reader = reader;
    this.#root = root;
    this.#readOnly = readOnly;
  }

  async run(): Promise<void> {
    let links: readonly LinkHeader[];
    try {
      links = await this.#addFilesAndFolders();
    } finally {
      // Also when it failed: what is written later would not be removed.
      await Promise.all(this.#writes);
    }
    this.#throwWriteError();
    for (const { path, target } of links)
      await symlink(target, this.#place(path)).catch(refuseEntry(path));
    await this.#checkLinks(links);
  }

  async #addFilesAndFolders(): Promise<readonly LinkHeader[]> {
    const links: LinkHeader[] = [];
    const take = (bytes: number) => this.#reader.take(bytes);
    while (true) {
      const header = await decodeHeader(take);
      if (header === undefined) break;
      this.#claim(header.path);
      await this.#addFolder(parentOf(header.path));
      if (header.kind === 'file') await this.#writeFile(header);
      else if (header.kind === 'folder') await this.#addFolder(header.path);
      else links.push(header);
    }
    await this.#reader.expectEnd();
    return links;
  }

  #claim(path: string): void {
    if (this.#paths.has(path)) throw duplicate(path);
    this.#paths.add(path);
    if (this.#paths.size > MAX_FOLDER_ENTRIES)
      throw new FolderArchiveError(`it has more than ${MAX_FOLDER_ENTRIES} entries`);
  }

  async #addFolder(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    await this.#addFolder(parentOf(path));
    await mkdir(this.#place(path)).catch(refuseEntry(path));
    this.#folders.add(path);
  }

  async #writeFile(header: FileHeader): Promise<void> {
    const { size } = header;
    if (size <= SMALL_FILE_BYTES) {
      const content = await this.#reader.take(size);
      await this.#enqueue(this.#write(header, [content]));
    } else await this.#write(header, this.#reader.content(size));
    await this.#reader.take(paddingAfter(size).length);
  }

  async #write(
    { path, executable }: FileHeader,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    const mode = (executable ? 0o777 : 0o666) & (this.#readOnly ? 0o555 : 0o777);
    const handle = await open(this.#place(path), 'wx', mode).catch(refuseEntry(path));
    try {
      for await (const chunk of content) await handle.writeFile(chunk);
    } finally {
      await handle.close();
    }
  }

  /** Lets a few small files be written at the same time. */
  async #enqueue(write: Promise<void>): Promise<void> {
    const done = write.then(
      () => void this.#writes.delete(done),
      (error: unknown) => {
        this.#writes.delete(done);
        this.#writeErrors.push(error);
      },
    );
    this.#writes.add(done);
    if (this.#writes.size >= PARALLEL_WRITES) await Promise.race(this.#writes);
    this.#throwWriteError();
  }

  #throwWriteError(): void {
    if (this.#writeErrors.length > 0) throw this.#writeErrors[0];
  }

  /** With links in its way, a link may lead to another place than its text names. */
  async #checkLinks(links: readonly LinkHeader[]): Promise<void> {
    const root = await realpath(this.#root);
    for (const { path, target } of links) {
      const end = await realpath(this.#place(path)).catch(() => undefined);
      if (end !== root && end?.startsWith(`${root}${sep}`) !== true)
        throw new FolderArchiveError(
          `its entry ${JSON.stringify(path)} is a link to ${JSON.stringify(target)}, which leads to nothing in the folder`,
        );
    }
  }

  #place(path: string): string {
    return join(this.#root, path);
  }
}

const parentOf = (path: string): string => {
  const parent = posix.dirname(path);
  return parent === '.' ? '' : parent;
};

const duplicate = (path: string): FolderArchiveError =>
  new FolderArchiveError(
    `it has two entries with the name ${JSON.stringify(path)} (or names that are equal on this disk)`,
  );

/** Refuses what is wrong with an entry; a full disk is none of that. */
function refuseEntry(path: string): (error: unknown) => never {
  return (error) => {
    const code = errorCodeOf(error) ?? '';
    if (code === 'EEXIST' || code === 'ENOTDIR') throw duplicate(path);
    if (['ENAMETOOLONG', 'EINVAL', 'EILSEQ'].includes(code))
      throw new FolderArchiveError(
        `this disk cannot have a file with the name ${JSON.stringify(path)}`,
        error,
      );
    throw error;
  };
}

/** Reads exact numbers of bytes from a stream, which has to be as long as announced. */
class ArchiveReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #size: number | undefined;
  #received = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(archive: AsyncIterable<Uint8Array>, size: number | undefined) {
    this.#chunks = archive[Symbol.asyncIterator]();
    this.#size = size;
  }

  async take(bytes: number): Promise<Buffer> {
    if (bytes <= this.#rest.length) return this.#cut(bytes);
    const parts: Buffer[] = [];
    for await (const part of this.content(bytes)) parts.push(part);
    return Buffer.concat(parts);
  }

  async *content(size: number): AsyncGenerator<Buffer> {
    for (let missing = size; missing > 0; ) {
      if (this.#rest.length === 0 && !(await this.#fill()))
        throw new FolderArchiveError(
          `it ends after ${this.#received} bytes, before its content does: the store is damaged`,
        );
      const part = this.#cut(Math.min(missing, this.#rest.length));
      missing -= part.length;
      yield part;
    }
  }

  async expectEnd(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#fill()))
      throw new FolderArchiveError('it has data after its end');
    if (this.#size !== undefined && this.#received !== this.#size)
      throw new FolderArchiveError(
        `it has ${this.#received} bytes, but ${this.#size} were written: the store is damaged`,
      );
  }

  /** Ends a stream that was not read to its end. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #cut(bytes: number): Buffer {
    const part = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return part;
  }

  async #fill(): Promise<boolean> {
    while (true) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      this.#received += value.length;
      if (this.#size !== undefined && this.#received > this.#size)
        throw new FolderArchiveError(`it has more than the ${this.#size} bytes that were written`);
      if (value.length === 0) continue;
      this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return true;
    }
  }
}
