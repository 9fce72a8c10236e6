/**
 * The files of a home: what they belong to and how large they are.
 *
 * @module
 */
import { lstat, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type RunId, runIdSchema } from '../model/ids.ts';

/**
 * What a file belongs to. `inputs`: files that were uploaded for `inputFile`. `published`: models,
 * and artifacts of runs.
 */
export const HOME_PARTS = [
  'records',
  'code',
  'data',
  'inputs',
  'published',
  'logs',
  'other',
] as const;
export type HomePart = (typeof HOME_PARTS)[number];

export interface HomeFile {
  readonly path: string;
  readonly part: HomePart;
  /** The run that wrote it. */
  readonly run: RunId | undefined;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** All files of a home. Files that are removed meanwhile are left out. */
export async function* homeFiles(home: string): AsyncGenerator<HomeFile> {
  for await (const path of filesBelow(home)) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) continue;
    yield {
      path,
      ...ownerOf(relative(home, path).split(sep)),
      // A file occupies whole blocks, except on file systems that report none.
      bytes: stats.blocks > 0 ? stats.blocks * 512 : stats.size,
      modifiedAt: stats.mtimeMs,
    };
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

/** @param path the segments of a path in the home; `src/model/object-layout.ts` defines objects */
function ownerOf([top = '', root = '', , kind = '', run = '']: readonly string[]): {
  readonly part: HomePart;
  readonly run: RunId | undefined;
} {
  if (top.startsWith('headrace.db')) return { part: 'records', run: undefined };
  if (top === 'logs') return { part: 'logs', run: runIdSchema.safeParse(root).data };
  if (top !== 'objects') return { part: 'other', run: undefined };
  if (root === 'code') return { part: 'code', run: undefined };
  if (root !== 'p' && root !== 'o') return { part: 'other', run: undefined };
  if (root === 'p' && kind === 'spec' && run === 'inputs')
    return { part: 'inputs', run: undefined };
  const isOfRun = kind === 'data' || kind === 'spec' || kind === 'history';
  return {
    part: root === 'p' ? 'data' : 'published',
    run: isOfRun ? runIdSchema.safeParse(run).data : undefined,
  };
}
