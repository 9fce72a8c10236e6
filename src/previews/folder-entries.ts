/**
 * The first entries of a folder's archive. The contents of files are not read.
 *
 * @module
 */
import { FolderArchiveError } from '../folders/errors.ts';
import { BLOCK_BYTES, decodeHeader } from '../folders/tar-format.ts';
import type { PreviewContent } from '../model/preview.ts';
import type { PreviewBudget } from './budget.ts';
import { MalformedContentError } from './errors.ts';

const MAX_ENTRIES = 1000;
/** Reads behind the content of large files. */
const MAX_READS = 16;
const READ_BYTES = 64 * 1024;

/**
 * @param read returns bytes of the archive; fewer at its end
 * @throws MalformedContentError
 */
export async function folderEntries(
  size: number,
  read: (from: number, to: number) => Promise<Uint8Array>,
  budget: PreviewBudget,
): Promise<PreviewContent> {
  const entries: Extract<PreviewContent, { kind: 'folder' }>['entries'] = [];
  let block = { from: 0, bytes: Buffer.alloc(0) };
  let reads = 0;
  let at = 0;
  const take = async (length: number): Promise<Buffer> => {
    const start = at - block.from;
    if (start < 0 || start + length > block.bytes.length) {
      if (reads >= MAX_READS || length > READ_BYTES) throw new TooManyReads();
      reads += 1;
      const bytes = await read(at, Math.min(size, at + READ_BYTES));
      block = { from: at, bytes: Buffer.from(bytes) };
    }
    const taken = block.bytes.subarray(at - block.from, at - block.from + length);
    if (taken.length < length) throw new FolderArchiveError('it is cut');
    at += length;
    return taken;
  };
  try {
    while (true) {
      const header = await decodeHeader(take);
      if (header === undefined) break;
      if (entries.length >= MAX_ENTRIES) throw new TooManyReads();
      const bytes = header.kind === 'file' ? header.size : 0;
      entries.push({ path: budget.name(header.path), type: header.kind, size: bytes });
      at += Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    }
  } catch (error) {
    if (error instanceof TooManyReads) budget.isExceeded = true;
    else if (error instanceof FolderArchiveError && entries.length > 0) budget.isExceeded = true;
    else if (error instanceof FolderArchiveError)
      throw new MalformedContentError(error.message, { cause: error });
    else throw error;
  }
  return { kind: 'folder', entries };
}

class TooManyReads extends Error {}
