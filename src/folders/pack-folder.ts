/**
 * Writes the archive of a folder as a stream. The bytes depend on the content of the folder alone,
 * so that equal folders have equal hashes.
 *
 * A file is packed with the size that it has when it is opened: what is appended later is not in the
 * archive. If a file disappears, becomes shorter or becomes something else, the stream fails.
 *
 * @module
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { UnpackableFolderError } from './errors.ts';
import { type FolderEntry, unreadable } from './scan-folder.ts';
import { END_OF_ARCHIVE, encodeHeader, paddingAfter } from './tar-format.ts';

const CHUNK_BYTES = 1 << 20;
/** Up to this size a file is read as a whole, several at a time. */
const SMALL_FILE_BYTES = 256 * 1024;
const PARALLEL_READS = 8;

/** The stream fails with an UnpackableFolderError. */
export const packFolder = (entries: readonly FolderEntry[]): Readable =>
  Readable.from(inChunks(archive(entries)), { objectMode: false, highWaterMark: CHUNK_BYTES });

async function* archive(entries: readonly FolderEntry[]): AsyncGenerator<Uint8Array> {
  const smallFiles: Promise<Uint8Array | undefined>[] = [];
  let started = 0;
  for (const entry of entries) {
    for (; started < entries.length && smallFiles.length < PARALLEL_READS; started++) {
      const packed = packSmallFile(entries[started]);
      // It is awaited when it is next in order.
      packed.catch(() => undefined);
      smallFiles.push(packed);
    }
    const packed = await smallFiles.shift();
    if (packed !== undefined) yield packed;
    else if (entry.kind === 'file') yield* packLargeFile(entry);
    else yield encodeHeader(entry);
  }
  yield END_OF_ARCHIVE;
}

type FileEntry = Extract<FolderEntry, { kind: 'file' }>;

/** Undefined if the entry is no small file. */
async function packSmallFile(entry: FolderEntry | undefined): Promise<Uint8Array | undefined> {
  if (entry?.kind !== 'file') return undefined;
  const handle = await openFile(entry.source);
  try {
    const { size, header } = await describe(handle, entry);
    if (size > SMALL_FILE_BYTES) return undefined;
    const parts: Uint8Array[] = [header];
    for await (const chunk of contentOf(handle, size, entry.source)) parts.push(chunk);
    return Buffer.concat([...parts, paddingAfter(size)]);
  } finally {
    await handle.close();
  }
}

async function* packLargeFile(entry: FileEntry): AsyncGenerator<Uint8Array> {
  const handle = await openFile(entry.source);
  try {
    const { size, header } = await describe(handle, entry);
    yield header;
    yield* contentOf(handle, size, entry.source);
    yield paddingAfter(size);
  } finally {
    await handle.close();
  }
}

/** A link that replaced the file is not followed; a pipe that replaced it does not block. */
const openFile = (source: string): Promise<FileHandle> =>
  open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw unreadable(source, error);
    },
  );

async function describe(
  handle: FileHandle,
  { path, source }: FileEntry,
): Promise<{ readonly size: number; readonly header: Uint8Array }> {
  const info = await handle.stat();
  if (!info.isFile()) throw changed(source);
  const executable = (info.mode & 0o111) !== 0;
  return {
    size: info.size,
    header: encodeHeader({ kind: 'file', path, size: info.size, executable }),
  };
}

async function* contentOf(
  handle: FileHandle,
  size: number,
  source: string,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < size; ) {
    const chunk = await read(handle, Math.min(CHUNK_BYTES, size - offset), offset, source);
    yield chunk;
    offset += chunk.length;
  }
}

async function read(
  handle: FileHandle,
  length: number,
  offset: number,
  source: string,
): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle
    .read(Buffer.allocUnsafeSlow(length), 0, length, offset)
    .catch((error: unknown) => {
      throw unreadable(source, error);
    });
  if (bytesRead === 0) throw changed(source);
  return buffer.subarray(0, bytesRead);
}

const changed = (source: string): UnpackableFolderError =>
  new UnpackableFolderError(
    `${source} changed while it was packed: return or upload the folder when nothing writes to it`,
  );

/** Joins small pieces, because each chunk is one write to the store. */
async function* inChunks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    pending.push(piece);
    length += piece.length;
    if (length < CHUNK_BYTES) continue;
    yield Buffer.concat(pending, length);
    pending = [];
    length = 0;
  }
  yield Buffer.concat(pending, length);
}
