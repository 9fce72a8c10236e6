/** `headrace cache …` on the cache of an API. */
import { allItems } from '../../client/client.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import { connect } from '../../launch/remote/connection.ts';
import { MAX_API_PAGE_ITEMS } from '../../launch/remote/remote-source.ts';
import type { Output } from '../../view/output.ts';
import {
  type CacheEntryViewModel,
  printCacheEntries,
  printRemoved,
  resolveCacheKey,
} from '../cache-entries.ts';
import type { CacheCommandOptions } from '../option-types.ts';

export async function list(options: CacheCommandOptions, output: Output): Promise<ExitCode> {
  return await printCacheEntries(await entriesOf(options), options.json, output);
}

export async function clear(options: CacheCommandOptions, output: Output): Promise<ExitCode> {
  const { project, component } = options;
  const key =
    options.key === undefined ? undefined : resolveCacheKey(options.key, await entriesOf(options));
  const { client } = connect(options, process.cwd());
  const { removed } = await client.clearCache({ project, component, key });
  return await printRemoved(removed, options.json, output);
}

async function entriesOf(options: CacheCommandOptions): Promise<readonly CacheEntryViewModel[]> {
  const { client } = connect(options, process.cwd());
  const { project, component } = options;
  const entries: CacheEntryViewModel[] = [];
  for await (const entry of allItems((cursor) =>
    client.cache({ project, component, limit: MAX_API_PAGE_ITEMS, ...cursor }),
  ))
    entries.push({ ...entry, createdAt: Date.parse(entry.createdAt) });
  return entries;
}
