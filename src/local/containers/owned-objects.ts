/**
 * The object store of a home, as a container uses it that runs as root: its files and folders
 * belong to the user of the machine afterwards.
 *
 * @module
 */
import { chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Objects } from '../../ports/objects.ts';
import { createFileObjects, type FileObjects } from '../file-objects.ts';

/** @param owner `uid:gid`; undefined if the container runs as the user of the machine */
export function createOwnedObjects(home: string, owner: string | undefined): Objects {
  const objects = createFileObjects(home);
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(owner ?? '') ?? [];
  if (uid === undefined || gid === undefined) return objects;
  const chownPathOf = (key: string) => chownPath(objects, key, home, Number(uid), Number(gid));
  return {
    async put(key, content) {
      const info = await objects.put(key, content);
      await chownPathOf(key);
      return info;
    },
    async putIfAbsent(key, content) {
      await objects.putIfAbsent(key, content);
      await chownPathOf(key);
    },
    get: (key, maxBytes) => objects.get(key, maxBytes),
    slice: (key, from, to) => objects.slice(key, from, to),
    stream: (key, range) => objects.stream(key, range),
    exists: (key) => objects.exists(key),
    size: (key) => objects.size(key),
    remove: (prefix, kept) => objects.remove(prefix, kept),
  };
}

async function chownPath(
  objects: FileObjects,
  key: string,
  home: string,
  uid: number,
  gid: number,
): Promise<void> {
  for (let path = objects.path(key); path.length > home.length; path = dirname(path))
    await chown(path, uid, gid);
}
