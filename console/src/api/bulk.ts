/**
 * Searches and changes of many runs.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type {
  AbortRuns,
  ArchiveRuns,
  BulkOutcome,
  ChangeTagsOfRuns,
  RemoveRuns,
} from '../../../src/wire/bulk.ts';
import { request } from './client.ts';
import { listRuns } from './runs.ts';

/** Runs that the words find, for the palette. */
export const foundRunsQuery = (words: string) =>
  queryOptions({
    queryKey: ['runs', 'found', words],
    queryFn: ({ signal }) => listRuns({ q: words, archived: 'include' }, { limit: 8, signal }),
    staleTime: 10_000,
  });

export const abortRuns = (body: AbortRuns): Promise<BulkOutcome> =>
  request('v1/runs/abort', { method: 'POST', body });

export const changeTagsOfRuns = (body: ChangeTagsOfRuns): Promise<BulkOutcome> =>
  request('v1/runs/tags', { method: 'POST', body });

export const archiveRuns = (body: ArchiveRuns): Promise<BulkOutcome> =>
  request('v1/runs/archive', { method: 'POST', body });

export const removeRuns = (body: RemoveRuns): Promise<BulkOutcome> =>
  request('v1/runs/remove', { method: 'POST', body });
