/**
 * Finds what an archive of a folder contains, before a byte of it is read.
 *
 * 1. Files and empty folders are entries, in the same order on every machine. Other folders follow
 *    from the paths of what they contain.
 * 2. A link to a place in the folder is an entry: a relative link, whatever its form on the disk.
 * 3. A link that leaves the folder is replaced by what it leads to. In a folder that is reached
 *    like this, rules 1 to 3 hold again, and a link between its own parts stays a link.
 * 4. Everything else is refused with its path: a link that leads nowhere or around in a circle, a
 *    device, a socket, a pipe, a name that is not UTF-8.
 *
 * A link whose target is another link keeps its way: only the last one of a chain may be replaced.
 *
 * @module
 */
import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import { errorCodeOf, UnpackableFolderError } from './errors.ts';
import { MAX_FOLDER_ENTRIES } from './tar-format.ts';

/** `path` is relative to the folder; `source` is the place of a file's content. */
export type FolderEntry =
  | { readonly kind: 'file'; readonly path: string; readonly source: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** A folder on the disk, free of links, and the path in the archive that has its content. */
interface Mount {
  readonly place: string;
  readonly path: string;
}

/** @throws UnpackableFolderError */
export async function scanFolder(folder: string): Promise<readonly FolderEntry[]> {
  const place = await realpath(folder).catch(refuseUnreadable(folder));
  const scan = new Scan();
  await scan.addContent(place, '', [{ place, path: '' }]);
  return scan.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

class Scan {
  readonly entries: FolderEntry[] = [];

  /** Returns the number of entries in the folder at `place`. */
  async addContent(place: string, path: string, mounts: readonly Mount[]): Promise<number> {
    const found = await readdir(place, { withFileTypes: true, encoding: 'buffer' }).catch(
      refuseUnreadable(place),
    );
    for (const entry of found) {
      const name = nameOf(entry, place);
      await this.#add(entry, join(place, name), posix.join(path, name), mounts);
    }
    return found.length;
  }

  async #add(
    entry: Dirent<Buffer>,
    place: string,
    path: string,
    mounts: readonly Mount[],
  ): Promise<void> {
    if (entry.isFile()) this.#push({ kind: 'file', path, source: place });
    else if (entry.isDirectory()) await this.#addFolder(place, path, mounts);
    else if (entry.isSymbolicLink()) await this.#addLink(place, path, mounts);
    else throw notStorable(place);
  }

  async #addFolder(place: string, path: string, mounts: readonly Mount[]): Promise<void> {
    if ((await this.addContent(place, path, mounts)) === 0) this.#push({ kind: 'folder', path });
  }

  async #addLink(link: string, path: string, mounts: readonly Mount[]): Promise<void> {
    const text = await readlink(link).catch(refuseUnreadable(link));
    const end = await realpath(link).catch((error: unknown) => {
      throw brokenLink(link, text, error);
    });
    const next = await nextPlace(posix.dirname(link), text).catch(() => end);
    const inside = pathIn(mounts, next) ?? pathIn(mounts, end);
    if (inside !== undefined) {
      const target = posix.relative(`/${posix.dirname(path)}`, `/${inside}`);
      this.#push({ kind: 'link', path, target: target === '' ? '.' : target });
      return;
    }
    const info = await stat(end).catch(refuseUnreadable(link));
    if (info.isFile()) this.#push({ kind: 'file', path, source: end });
    else if (!info.isDirectory()) throw notStorable(link);
    else if (mounts.some((mount) => isInside(end, mount.place)))
      throw new UnpackableFolderError(
        `${link} is a link to ${end}, which contains the folder itself: remove the link`,
      );
    else await this.#addFolder(end, path, [...mounts, { place: end, path }]);
  }

  #push(entry: FolderEntry): void {
    this.entries.push(entry);
    if (this.entries.length > MAX_FOLDER_ENTRIES)
      throw new UnpackableFolderError(
        `the folder has more than ${MAX_FOLDER_ENTRIES} files, those behind its links included: pack them into one file (tar, zip), and return an ArtifactFile of that`,
      );
  }
}

/** The place that a link's text names, with no link in the way resolved but those before it. */
async function nextPlace(folder: string, text: string): Promise<string> {
  const place = text.startsWith('/') ? text : `${folder}/${text}`;
  const last = posix.basename(place);
  if (text.endsWith('/') || last === '.' || last === '..') return realpath(place);
  return join(await realpath(posix.dirname(place)), last);
}

/** The path in the archive of a place on the disk. */
function pathIn(mounts: readonly Mount[], place: string): string | undefined {
  const mount = mounts.findLast((each) => isInside(each.place, place));
  return mount && posix.join(mount.path, relative(mount.place, place));
}

const isInside = (folder: string, place: string): boolean =>
  place === folder || place.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

function nameOf({ name }: Dirent<Buffer>, folder: string): string {
  if (!isUtf8(name))
    throw new UnpackableFolderError(
      `a name in ${folder} is not UTF-8 (${JSON.stringify(name.toString('latin1'))} in Latin-1): rename it`,
    );
  return name.toString();
}

const notStorable = (place: string): UnpackableFolderError =>
  new UnpackableFolderError(
    `${place} is neither a file nor a folder, but a device, a socket or a pipe: remove it, or choose a folder without it`,
  );

function brokenLink(link: string, text: string, error: unknown): UnpackableFolderError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'which does not exist',
    ENOTDIR: 'which does not exist',
    ELOOP: 'which leads around in a circle',
  };
  const reason =
    reasons[errorCodeOf(error) ?? ''] ??
    `which cannot be read (${error instanceof Error ? error.message : String(error)})`;
  return new UnpackableFolderError(
    `${link} is a link to ${text}, ${reason}: remove the link or restore its target`,
  );
}

function refuseUnreadable(place: string): (error: unknown) => never {
  return (error) => {
    throw unreadable(place, error);
  };
}

export function unreadable(place: string, error: unknown): UnpackableFolderError {
  const found = new UnpackableFolderError(
    `${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  );
  found.cause = error;
  return found;
}
