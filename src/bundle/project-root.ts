/**
 * The folder of a project: the nearest one with a `package.json`.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's folder of a file. Without a `package.json`, the folder of the file. */
export function projectRootOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return dirname(file);
  }
}
