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

/** The id of the run of the same pipeline that was created after a run, or before it; if there is one. */
export async function runBeside(
  { id, project, pipeline, createdAt }: RunDocument,
  direction: 1 | -1,
): Promise<string | undefined> {
  const order = direction === 1 ? { from: createdAt, sort: 'oldest' } : { to: createdAt };
  const page = await request<Page<RunSummary>>('v1/runs', {
    query: { project, pipeline, limit: 2, ...order },
  });
  return page.items.find((run) => run.id !== id)?.id;
}
