/**
 * Queries of steps.
 *
 * @module
 */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { CacheExplanation } from '../../../src/model/cache-explanation.ts';
import type { CodeDocument } from '../../../src/wire/code.ts';
import type { RunSummary } from '../../../src/wire/runs.ts';
import type { StepDocument } from '../../../src/wire/steps.ts';
import type { Page } from '../../../src/wire/values.ts';
import { request } from './client.ts';

const stepPath = (run: string, call: number): string =>
  `v1/runs/${encodeURIComponent(run)}/steps/${call}`;

/**
 * A step. `stamp` changes with the step, so that a change is read at once; meanwhile the data are
 * the previous ones, which may be of another step.
 */
export const stepQuery = (run: string, call: number, stamp: string) =>
  queryOptions({
    queryKey: ['step', run, call, stamp],
    queryFn: ({ signal }) => request<StepDocument>(stepPath(run, call), { signal }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

/** Why a step was computed or taken from the cache. */
export const cacheQuery = (run: string, call: number, stamp: string) =>
  queryOptions({
    queryKey: ['step-cache', run, call, stamp],
    queryFn: ({ signal }) => request<CacheExplanation>(`${stepPath(run, call)}/cache`, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** The code of a step. It never changes. */
export const stepCodeQuery = (run: string, call: number) =>
  queryOptions({
    queryKey: ['step-code', run, call],
    queryFn: ({ signal }) => request<CodeDocument>(`${stepPath(run, call)}/code`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Runs that steps of a run started. */
export const childRunsQuery = (run: string) =>
  queryOptions({
    queryKey: ['child-runs', run],
    queryFn: ({ signal }) =>
      request<Page<RunSummary>>('v1/runs', { query: { parent: run, limit: 20 }, signal }),
    staleTime: 30_000,
  });
