/**
 * Queries of other runs of a pipeline.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type { RunDocument, RunSummary } from '../../../src/wire/runs.ts';
import type { Page } from '../../../src/wire/values.ts';
import { request } from './client.ts';

type PipelineRun = Pick<RunDocument, 'project' | 'pipeline' | 'number'>;

/** The run of the same pipeline before this one: its id, or null if it has none. */
export const previousRunQuery = ({ project, pipeline, number }: PipelineRun) =>
  queryOptions({
    queryKey: ['run-numbered', project, pipeline, number - 1],
    queryFn: async ({ signal }) => {
      if (number < 2) return null;
      const page = await request<Page<RunSummary>>('v1/runs', {
        query: { project, pipeline, number: number - 1 },
        signal,
      });
      return page.items[0]?.id ?? null;
    },
    staleTime: 300_000,
  });
