import { countOf, oneOf, type SearchParams, textOf } from '../../address/search.ts';

/** The search parameters of the models. */
export interface ModelsSearch {
  /** `runs`: all models that runs stored. Default: the registered ones. */
  readonly tab?: 'runs' | undefined;
  readonly project?: string | undefined;
  /** The registered model whose versions are shown; in the tab of runs, a filter. */
  readonly name?: string | undefined;
  readonly version?: number | undefined;
}

export const modelsSearch = (search: SearchParams): ModelsSearch => ({
  tab: oneOf(search.tab, ['runs'] as const),
  project: textOf(search.project),
  name: textOf(search.name),
  version: countOf(search.version),
});
