/**
 * Prints entries of the cache, and finds one by the start of its key.
 *
 * @module
 */

import { NotFoundError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { Artifact, Model } from '../model/artifacts.ts';
import { toIsoTime } from '../model/iso-time.ts';
import type { CacheEntry } from '../ports/cache.ts';
import { formatSize, formatTable, formatTime } from '../view/format.ts';
import type { Output } from '../view/output.ts';

/** Characters of a SHA-256 that the table shows: enough to distinguish entries and to name one. */
const SHOWN_KEY_LENGTH = 16;

/** What is shown of an entry. */
export type CacheEntryViewModel = Pick<
  CacheEntry,
  'key' | 'project' | 'component' | 'step' | 'createdAt'
> & {
  readonly run: string;
  readonly artifacts: readonly Pick<Artifact, 'name' | 'type' | 'size' | 'hash' | 'preview'>[];
  readonly models: readonly Pick<Model, 'size'>[];
};

export async function printCacheEntries(
  entries: readonly CacheEntryViewModel[],
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  const sorted = [...entries].sort((a, b) => b.createdAt - a.createdAt);
  if (json) await output.write(`${JSON.stringify(sorted.map(entryReport))}\n`);
  else
    await output.write(
      `${(sorted.length === 0 ? ['no entries'] : table(sorted, output)).join('\n')}\n`,
    );
  return EXIT.completed;
}

export async function printRemoved(
  removed: number,
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  await output.write(
    json ? `${JSON.stringify({ removed })}\n` : `removed ${countEntries(removed)}\n`,
  );
  return EXIT.completed;
}

/** @throws NotFoundError unless exactly one entry has a key that starts with the prefix */
export function resolveCacheKey(
  prefix: string,
  entries: readonly Pick<CacheEntry, 'key'>[],
): string {
  const [found, another] = entries.map(({ key }) => key).filter((key) => key.startsWith(prefix));
  if (found === undefined)
    throw new NotFoundError(`no cache entry has a key that starts with ${JSON.stringify(prefix)}`);
  if (another !== undefined && found !== prefix)
    throw new NotFoundError(
      `several cache entries have keys that start with ${JSON.stringify(prefix)}: write more of the key`,
    );
  return found;
}

const countEntries = (number: number): string => (number === 1 ? '1 entry' : `${number} entries`);

const entryReport = ({
  key,
  project,
  component,
  run,
  step,
  artifacts,
  createdAt,
}: CacheEntryViewModel) => ({
  key,
  project,
  component,
  run,
  step,
  createdAt: toIsoTime(createdAt),
  artifacts: artifacts.map(({ name, type, size, hash, preview }) => ({
    name,
    type,
    size,
    hash,
    preview,
  })),
});

function table(entries: readonly CacheEntryViewModel[], { colors }: Output): string[] {
  const size = ({ artifacts, models }: CacheEntryViewModel) =>
    [...artifacts, ...models].reduce((sum, each) => sum + each.size, 0);
  const lines = formatTable(
    entries,
    [
      { title: 'key', value: ({ key }) => key.slice(0, SHOWN_KEY_LENGTH) },
      { title: 'component', value: ({ component }) => component },
      { title: 'project', value: ({ project }) => project },
      { title: 'made by', value: ({ run, step }) => `${step} of ${run}` },
      { title: 'created', value: ({ createdAt }) => formatTime(createdAt) },
      { title: 'size', value: (entry) => formatSize(size(entry)) },
    ],
    colors.dim,
  );
  return [...lines, colors.dim(countEntries(entries.length))];
}
