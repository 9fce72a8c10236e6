import { type SearchParams, textOf } from '../../address/search.ts';

/** The search parameters of the page of a pipeline. */
export interface PipelineSearch {
  /** The version that is shown beside the list. */
  readonly version?: string | undefined;
}

export const pipelineSearch = (search: SearchParams): PipelineSearch => ({
  version: textOf(search.version),
});
