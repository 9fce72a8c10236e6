/**
 * The removal of a terminal run, with the objects that it and its steps wrote.
 *
 * 1. Once another run uses values of this run (a cache hit, a rerun), all of its objects stay until
 *    they expire. The objects of its cache entries stay in any case, and the entries, too. So do the
 *    objects of its published models, until they are unpublished, and those of models that a run
 *    used.
 * 2. Sharing and removal exclude each other: the start of the removal is recorded, and from then on
 *    the run cannot be shared.
 * 3. The records are removed last, so that a removal that crashed can be requested again.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import { runPrefixes } from '../../model/object-layout.ts';
import type { RunInfo } from '../../model/run.ts';
import type { Cache } from '../../ports/cache.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Removal } from '../../ports/removal.ts';
import type { RunQueries } from '../../ports/tasks.ts';
import { objectKeysOf } from '../steps/adoptable-results.ts';

export interface RemovalPorts {
  readonly removal: Removal;
  readonly objects: Pick<Objects, 'remove'>;
  readonly queries: Pick<RunQueries, 'allSteps'>;
  readonly cache: Pick<Cache, 'entry'>;
  readonly models: Pick<ModelRegistry, 'keptObjects'>;
}

export async function removeRun(ports: RemovalPorts, info: RunInfo): Promise<void> {
  const { removal, objects } = ports;
  const { shared } = await removal.startRemoval(info.id);
  if (!shared) {
    const kept = new Set([
      ...(await cachedObjects(ports, info.id)),
      ...(await ports.models.keptObjects(info.id)),
    ]);
    for (const prefix of runPrefixes(info)) await objects.remove(prefix, kept);
  }
  await removal.remove(info.id);
}

const PAGE_STEPS = 100;

/** The keys of the objects in the cache entries that the run published. */
async function cachedObjects(
  { queries, cache }: Pick<RemovalPorts, 'queries' | 'cache'>,
  id: RunId,
): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  for (let after = 0; ; after += PAGE_STEPS) {
    const steps = await queries.allSteps(id, PAGE_STEPS, after);
    const cacheKeys = new Set(steps.flatMap(({ cacheKey }) => cacheKey ?? []));
    const entries = await Promise.all([...cacheKeys].map((key) => cache.entry(key)));
    for (const entry of entries)
      if (entry?.run === id) for (const key of objectKeysOf(entry)) kept.add(key);
    if (steps.length < PAGE_STEPS) return kept;
  }
}
