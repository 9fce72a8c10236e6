import { type SearchParams, textOf } from '../../address/search.ts';

/** The search parameters of the queues. */
export interface QueuesSearch {
  /** The queue whose waiting runs are shown. */
  readonly queue?: string | undefined;
}

export const queuesSearch = (search: SearchParams): QueuesSearch => ({
  queue: textOf(search.queue),
});
