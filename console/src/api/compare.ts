/**
 * Queries of comparisons of runs.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type { CodeDocument } from '../../../src/wire/code.ts';
import type { RunStateDocument } from '../../../src/wire/run-state.ts';
import type { ComparedRun, RunSummaries } from '../../../src/wire/summaries.ts';
import { request } from './client.ts';

export interface Summaries {
  readonly runs: readonly ComparedRun[];
  readonly missing: readonly string[];
}

/** Runs in short, in the order of the ids. A response may have room for some of them only. */
export const summariesQuery = (ids: readonly string[]) =>
  queryOptions({
    queryKey: ['summaries', ids],
    queryFn: async ({ signal }): Promise<Summaries> => {
      const runs: ComparedRun[] = [];
      const missing: string[] = [];
      for (let rest = ids; rest.length > 0; ) {
        const page = await request<RunSummaries>('v1/summaries', {
          query: { runs: rest.join(',') },
          signal,
        });
        runs.push(...page.items);
        missing.push(...page.missing);
        rest = page.next;
      }
      return { runs, missing };
    },
    enabled: ids.length > 0,
  });

/** The numbers and durations of a run's steps by component. */
export const stateQuery = (run: string) =>
  queryOptions({
    queryKey: ['state', run],
    queryFn: ({ signal }) =>
      request<RunStateDocument>(`v1/runs/${encodeURIComponent(run)}/state`, { signal }),
  });

/** The source of a bundle of a run. It never changes. */
export const codeQuery = (run: string, hash: string | undefined) =>
  queryOptions({
    queryKey: ['code', hash],
    queryFn: ({ signal }) =>
      request<CodeDocument>(`v1/code/${encodeURIComponent(hash ?? '')}`, {
        query: { run },
        signal,
      }),
    enabled: hash !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
