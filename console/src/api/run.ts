/**
 * Queries of one run that is not followed.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type { RunDocument } from '../../../src/wire/runs.ts';
import { request } from './client.ts';

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ['run', run],
    queryFn: ({ signal }) => request<RunDocument>(`v1/runs/${encodeURIComponent(run)}`, { signal }),
    staleTime: 60_000,
  });

/** The run with its cost. The estimate of a run that ended is final. */
export const runCostQuery = (run: string, isActive: boolean) =>
  queryOptions({
    queryKey: ['run-cost', run, isActive],
    queryFn: ({ signal }) =>
      request<RunDocument>(`v1/runs/${encodeURIComponent(run)}`, {
        query: { include: 'cost' },
        signal,
      }),
    staleTime: 60_000,
    refetchInterval: isActive ? 60_000 : false,
  });
