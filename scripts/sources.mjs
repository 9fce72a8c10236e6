/**
 * Lists and hashes the source files of bundles.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** @param {string} folder @returns {string[]} */
export const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/**
 * Returns a hash of the paths and contents of all files in the folders and of the single files.
 *
 * @param {string} root
 * @param {readonly string[]} folders
 * @param {readonly string[]} files
 */
export function hashOfSources(root, folders, files) {
  const hash = createHash('sha256');
  for (const file of [
    ...folders.flatMap((folder) => filesIn(join(root, folder))),
    ...files.map((name) => join(root, name)),
  ])
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}
