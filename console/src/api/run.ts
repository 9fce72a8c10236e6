/**
 * The query of one run that is not followed.
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
