/**
 * The files of folders that schedules are about, on this machine.
 *
 * A file is new when it was written or moved to the folder: its time is the later one of both.
 *
 * @module
 */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ObservedObject } from '../model/firing-message.ts';
import type { WatchedFolders } from '../ports/schedules.ts';

export const watchedFolders: WatchedFolders = {
  async files(folder) {
    const files = (await entriesOf(folder)).filter(
      (entry) => !entry.name.startsWith('.') && !entry.isDirectory(),
    );
    const found = await Promise.all(files.map(({ name }) => observe(folder, name)));
    return found.flatMap((file) => file ?? []);
  },
};

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Undefined if the file was removed meanwhile. */
async function observe(folder: string, name: string): Promise<ObservedObject | undefined> {
  const path = join(folder, name);
  try {
    const { size, mtimeMs, ctimeMs } = await stat(path);
    return {
      folder,
      key: name,
      address: pathToFileURL(path).href,
      version: `${size} ${mtimeMs} ${ctimeMs}`,
      at: Math.ceil(Math.max(mtimeMs, ctimeMs)),
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
