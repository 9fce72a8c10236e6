/** `headrace cache …` on the cache of this machine. */

import type { ExitCode } from '../../launch/exit-codes.ts';
import { findHome } from '../../launch/home.ts';
import type { CacheEntry } from '../../ports/cache.ts';
import type { Output } from '../../view/output.ts';
import { printCacheEntries, printRemoved, resolveCacheKey } from '../cache-entries.ts';
import type { CacheCommandOptions } from '../option-types.ts';
import { withRecordsIfAny } from '../records.ts';

export async function list(options: CacheCommandOptions, output: Output): Promise<ExitCode> {
  const entries = await withRecordsIfAny<readonly CacheEntry[]>(
    findHome(options.home, process.cwd()),
    [],
    ({ cache }) => cache.entries(filterOf(options)),
  );
  return await printCacheEntries(entries, options.json, output);
}

export async function clear(options: CacheCommandOptions, output: Output): Promise<ExitCode> {
  const filter = filterOf(options);
  const removed = await withRecordsIfAny(
    findHome(options.home, process.cwd()),
    0,
    async ({ cache }) =>
      options.key === undefined
        ? await cache.clear(filter)
        : await cache.clear({
            ...filter,
            key: resolveCacheKey(options.key, await cache.entries(filter)),
          }),
  );
  return await printRemoved(removed, options.json, output);
}

const filterOf = ({ project, component }: CacheCommandOptions) => ({
  ...(project === undefined ? {} : { project }),
  ...(component === undefined ? {} : { component }),
});
