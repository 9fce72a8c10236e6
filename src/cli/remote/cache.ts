/** `headrace cache …` on the cache behind an API. */
import { allItems } from '../../client/client.ts';
import {
  type CacheOptions,
  printCacheEntries,
  printRemoved,
  resolveCacheKey,
} from '../commands/cache.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { connect } from './connection.ts';
import { MAX_API_PAGE_ITEMS } from './remote-source.ts';

export async function list(options: CacheOptions, output: Output): Promise<ExitCode> {
  await printCacheEntries(await entriesOf(options), options.json, output);
  return EXIT.completed;
}

export async function clear(options: CacheOptions, output: Output): Promise<ExitCode> {
  const { project, component } = options;
  const key =
    options.key === undefined
      ? undefined
      : await resolveCacheKey(options.key, await entriesOf(options));
  const { removed } = await connect(options, process.cwd()).client.clearCache({
    project,
    component,
    key,
  });
  await printRemoved(removed, options.json, output);
  return EXIT.completed;
}

async function entriesOf(options: CacheOptions) {
  const { client } = connect(options, process.cwd());
  const { project, component } = options;
  const entries: Parameters<typeof printCacheEntries>[0][number][] = [];
  for await (const entry of allItems((cursor) =>
    client.cache({ project, component, limit: MAX_API_PAGE_ITEMS, ...cursor }),
  ))
    entries.push({ ...entry, createdAt: Date.parse(entry.createdAt) });
  return entries;
}
