/**
 * Queries of runs.
 *
 * @module
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { RunSummary } from '../../../src/wire/runs.ts';
import type { Page } from '../../../src/wire/values.ts';
import { type QueryValue, request } from './client.ts';

/** The parameters of `GET /v1/runs`. Those that are absent are not sent: an older API refuses them. */
export interface RunListQuery {
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly status?: readonly string[] | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly by?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly q?: string | undefined;
  readonly archived?: string | undefined;
  readonly sort?: string | undefined;
  readonly include?: string | undefined;
}

const PAGE_SIZE = 100;

export const listRuns = (
  query: RunListQuery,
  options: {
    readonly cursor?: string | undefined;
    readonly limit: number;
    readonly signal: AbortSignal;
  },
): Promise<Page<RunSummary>> => {
  const { signal, ...page } = options;
  const parameters: Record<string, QueryValue> = { ...query, ...page };
  return request('v1/runs', { query: parameters, signal });
};

/**
 * Runs by pages. They are loaded once: `newestRunsQuery` follows their changes, so that rows do not
 * move.
 */
export const runsQuery = (query: RunListQuery) =>
  infiniteQueryOptions({
    queryKey: ['runs', query],
    queryFn: ({ pageParam, signal }) =>
      listRuns(query, { cursor: pageParam, limit: PAGE_SIZE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });

/** The newest runs of the list, requested again and again while the page is visible. */
export const newestRunsQuery = (query: RunListQuery, intervalMs: number) =>
  queryOptions({
    queryKey: ['runs', 'newest', query],
    queryFn: ({ signal }) => listRuns(query, { limit: PAGE_SIZE, signal }),
    refetchInterval: intervalMs,
    staleTime: 0,
    gcTime: 0,
  });

/** Runs of these ids, as long as they change. One that was removed meanwhile is left out. */
export const changingRunsQuery = (ids: readonly string[], intervalMs: number) =>
  queryOptions({
    queryKey: ['runs', 'changing', ids],
    queryFn: async ({ signal }) => {
      const answers = await Promise.allSettled(
        ids.map((id) => request<RunSummary>(`v1/runs/${id}`, { signal })),
      );
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    },
    refetchInterval: intervalMs,
    staleTime: 0,
  });
