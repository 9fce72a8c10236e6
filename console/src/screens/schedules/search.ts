import { type SearchParams, textOf } from '../../address/search.ts';

/** The search parameters of the schedules. */
export interface SchedulesSearch {
  readonly project?: string | undefined;
  /** The schedule whose firings are shown; `of` is its project. */
  readonly name?: string | undefined;
  readonly of?: string | undefined;
}

export const schedulesSearch = (search: SearchParams): SchedulesSearch => ({
  project: textOf(search.project),
  name: textOf(search.name),
  of: textOf(search.of),
});
