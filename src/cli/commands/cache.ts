/** `headrace cache list` and `headrace cache clear` */
import type { Artifact, Model } from '../../model/artifacts.ts';
import type { CacheEntry } from '../../ports/cache.ts';
import { NotFoundError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatSize, formatTable, formatTime } from '../format.ts';
import { findHome } from '../home.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import { withRecordsIfAny } from '../records.ts';
import type { TargetOptions } from '../target.ts';

export interface CacheOptions extends TargetOptions, JsonOption {
  readonly project?: string;
  readonly component?: string;
  readonly key?: string;
}

/** Of a SHA-256 enough to tell entries apart, and to name one by. */
const SHOWN_KEY_LENGTH = 16;

export async function list(options: CacheOptions, output: Output): Promise<ExitCode> {
  const entries = await withRecordsIfAny<readonly CacheEntry[]>(
    findHome(options.home, process.cwd()),
    [],
    ({ cache }) => cache.entries(filterOf(options)),
  );
  await printCacheEntries(entries, options.json, output);
  return EXIT.completed;
}

/** What is shown of an entry. */
type CacheEntryViewModel = Pick<
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
): Promise<void> {
  const sorted = [...entries].sort((a, b) => b.createdAt - a.createdAt);
  if (json) await output.write(`${JSON.stringify(sorted.map(entryReport))}\n`);
  else
    await output.write(
      `${(sorted.length === 0 ? ['no entries'] : table(sorted, output)).join('\n')}\n`,
    );
}

export async function clear(options: CacheOptions, output: Output): Promise<ExitCode> {
  const removed = await withRecordsIfAny(
    findHome(options.home, process.cwd()),
    0,
    async ({ cache }) => {
      if (options.key === undefined) return await cache.clear(filterOf(options));
      return await cache.clear({
        ...filterOf(options),
        key: await resolveCacheKey(options.key, await cache.entries(filterOf(options))),
      });
    },
  );
  await printRemoved(removed, options.json, output);
  return EXIT.completed;
}

export const printRemoved = (
  removed: number,
  json: boolean | undefined,
  output: Output,
): Promise<void> =>
  output.write(
    json
      ? `${JSON.stringify({ removed })}\n`
      : `removed ${removed === 1 ? '1 entry' : `${removed} entries`}\n`,
  );

/** @throws NotFoundError unless one entry alone has a key that begins so */
export async function resolveCacheKey(
  prefix: string,
  entries: readonly Pick<CacheEntry, 'key'>[],
): Promise<string> {
  const [found, another] = entries.map(({ key }) => key).filter((key) => key.startsWith(prefix));
  if (found === undefined)
    throw new NotFoundError(`no cache entry has a key that begins with ${JSON.stringify(prefix)}`);
  if (another !== undefined && found !== prefix)
    throw new NotFoundError(
      `several cache entries have keys that begin with ${JSON.stringify(prefix)}: write more of the key`,
    );
  return found;
}

const filterOf = ({ project, component }: CacheOptions) => ({
  ...(project === undefined ? {} : { project }),
  ...(component === undefined ? {} : { component }),
});

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
  createdAt: new Date(createdAt).toISOString(),
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
  return [...lines, colors.dim(entries.length === 1 ? '1 entry' : `${entries.length} entries`)];
}
