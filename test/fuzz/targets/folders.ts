/**
 * Archives of folders.
 *
 * @module
 */
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { FolderArchiveError } from '../../../src/folders/errors.ts';
import { packFolder } from '../../../src/folders/pack-folder.ts';
import { scanFolder } from '../../../src/folders/scan-folder.ts';
import { decodeHeader, MAX_FOLDER_ENTRIES, paddingAfter } from '../../../src/folders/tar-format.ts';
import { unpackFolder } from '../../../src/folders/unpack-folder.ts';
import { hostileArchive } from '../generate/tar.ts';
import { rejectedWith, requireEqual, requireThat, type Target } from '../target.ts';

/** The headers alone, without a disk: many more inputs in the same time. */
const archiveHeaders: Target<Uint8Array> = {
  name: 'archive-headers',
  share: 8,
  generate: hostileArchive,
  async check(archive) {
    let offset = 0;
    const take = async (bytes: number): Promise<Buffer> => {
      if (bytes > archive.length - offset) throw new FolderArchiveError('it is truncated');
      offset += bytes;
      return Buffer.from(archive.subarray(offset - bytes, offset));
    };
    await rejectedWith([FolderArchiveError], async () => {
      for (let entries = 0; entries < MAX_FOLDER_ENTRIES; entries += 1) {
        const header = await decodeHeader(take);
        if (header === undefined) return;
        const parts = header.path.split('/');
        requireThat(
          !parts.some((part) => ['', '.', '..'].includes(part)) && !header.path.includes('\0'),
          `the path ${JSON.stringify(header.path)} is accepted`,
        );
        if (header.kind !== 'file') continue;
        requireThat(Number.isSafeInteger(header.size) && header.size >= 0, 'a size is accepted');
        await take(header.size);
        await take(paddingAfter(header.size).length);
      }
    });
  },
};

const archives: Target<Uint8Array> = {
  name: 'archives',
  share: 0.5,
  generate: hostileArchive,
  async check(archive) {
    const place = await realpath(await mkdtemp(join(tmpdir(), 'headrace-fuzz-')));
    try {
      const folder = join(place, 'target');
      await mkdir(join(place, 'outside'));
      await writeFile(join(place, 'outside', 'kept'), 'kept', { mode: 0o600 });
      const unpacked = await rejectedWith([FolderArchiveError], async () => {
        await unpackFolder(inPieces(archive), folder, { size: archive.length });
        return true;
      });
      requireEqual(
        (await readdir(place)).toSorted(),
        unpacked ? ['outside', 'target'] : ['outside'],
        'the folder beside',
      );
      requireEqual(await readdir(join(place, 'outside')), ['kept'], 'the folder outside');
      requireEqual(
        await readFile(join(place, 'outside', 'kept'), 'utf8'),
        'kept',
        'a file outside',
      );
      if (unpacked !== true) return;
      await checkEntries(folder);
      const again = join(place, 'again');
      await unpackFolder(packFolder(await scanFolder(folder)), again);
      requireEqual(await pathsIn(again), await pathsIn(folder), 'the folder');
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  },
};

async function* inPieces(archive: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < archive.length; start += 700)
    yield archive.subarray(start, start + 700);
}

async function checkEntries(folder: string): Promise<void> {
  for (const place of await listing(folder)) {
    const path = place.slice(folder.length + 1);
    const { mode } = await lstat(place);
    requireThat((mode & 0o7000) === 0, `${path} has the mode ${mode.toString(8)}`);
    const end = await realpath(place);
    requireThat(end === folder || end.startsWith(`${folder}${sep}`), `${path} leads to ${end}`);
  }
}

/** All places in a folder. Links are not followed, as `recursive` does. */
async function listing(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<readonly string[]> => {
      const place = join(folder, entry.name);
      return entry.isDirectory() ? [place, ...(await listing(place))] : [place];
    }),
  );
  return found.flat().toSorted();
}

const pathsIn = async (folder: string): Promise<readonly string[]> =>
  (await listing(folder)).map((place) => place.slice(folder.length));

export const FOLDER_TARGETS: readonly Target[] = [archiveHeaders, archives];
