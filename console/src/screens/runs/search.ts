/**
 * The search parameters of the list of runs.
 *
 * @module
 */
import { type SearchParams, textOf } from '../../address/search.ts';

export interface RunsSearch {
  readonly q?: string | undefined;
}

export const runsSearch = (search: SearchParams): RunsSearch => ({ q: textOf(search.q) });
