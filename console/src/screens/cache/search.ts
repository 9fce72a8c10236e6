import { oneOf, type SearchParams, textOf } from '../../address/search.ts';

/** The search parameters of the cache. */
export interface CacheSearch {
  /** `run`: why the steps of a run were computed or taken from the cache. Default: the entries. */
  readonly tab?: 'run' | undefined;
  readonly project?: string | undefined;
  readonly component?: string | undefined;
  readonly key?: string | undefined;
  readonly run?: string | undefined;
}

export const cacheSearch = (search: SearchParams): CacheSearch => ({
  tab: oneOf(search.tab, ['run'] as const),
  project: textOf(search.project),
  component: textOf(search.component),
  key: textOf(search.key),
  run: textOf(search.run),
});
