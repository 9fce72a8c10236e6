/**
 * Queries of runs.
 *
 * @module
 */
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { RunSummary } from '../../../src/wire/runs.ts';
import type { Page } from '../../../src/wire/values.ts';
import { request } from './client.ts';

export interface RunFilter {
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly status?: string | undefined;
  readonly tag?: string | undefined;
}

/** Runs, newest first, by pages. */
export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ['runs', filter],
    queryFn: ({ pageParam, signal }) =>
      request<Page<RunSummary>>('v1/runs', {
        query: { ...filter, limit: 100, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
