import { type SearchParams, textOf } from '../../address/search.ts';

/** The search parameters of the list of pipelines. */
export interface PipelinesSearch {
  readonly project?: string | undefined;
}

export const pipelinesSearch = (search: SearchParams): PipelinesSearch => ({
  project: textOf(search.project),
});
