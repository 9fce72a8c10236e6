/**
 * The files of the console, read once when a server starts.
 *
 * 1. A request selects a file by its name in this list. No request reads the disk, so that no path
 *    leads out of the folder.
 * 2. Files below `assets/` have the hash of their content in their names, and never change.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ConsoleFile {
  readonly contentType: string;
  readonly content: Buffer;
  /** Identifies the content, without quotes. */
  readonly hash: string;
  readonly isImmutable: boolean;
}

/** Files by their path below `/console/`, with forward slashes. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

export const INDEX_FILE = 'index.html';

/** The build makes text files alone. Files of other types are not served. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** In the package, beside this module's chunk; in the repository, from `src/console-server`. */
const CANDIDATE_FOLDERS = ['./console/', '../../dist/console/'];

/** The folder of the built console; undefined if it is not built. */
export const consoleFolder = (): string | undefined =>
  CANDIDATE_FOLDERS.map((folder) => fileURLToPath(new URL(folder, import.meta.url))).find(
    (folder) => existsSync(join(folder, INDEX_FILE)),
  );

export function readConsoleFiles(folder: string): ConsoleFiles {
  const files = new Map<string, ConsoleFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const contentType = CONTENT_TYPES[extname(entry.name)];
    if (!entry.isFile() || contentType === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const content = readFileSync(file);
    const name = relative(folder, file).split(sep).join('/');
    files.set(name, {
      contentType,
      content,
      hash: createHash('sha256').update(content).digest('base64url').slice(0, 22),
      isImmutable: name.startsWith('assets/'),
    });
  }
  return files;
}
