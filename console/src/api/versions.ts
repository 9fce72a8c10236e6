/**
 * The query of a version of a pipeline.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type { VersionDocument } from '../../../src/wire/pipelines.ts';
import type { RunDocument, RunSummary } from '../../../src/wire/runs.ts';
import type { Page } from '../../../src/wire/values.ts';
import { request } from './client.ts';

type PipelineRun = Pick<RunDocument, 'project' | 'pipeline' | 'version' | 'number'>;

/** The version that a run executes. */
export const versionQuery = ({ project, pipeline, version }: PipelineRun) =>
  queryOptions({
    queryKey: ['version', project, pipeline, version],
    queryFn: ({ signal }) =>
      request<VersionDocument>(`v1/versions/${encodeURIComponent(version)}`, {
        query: { project, pipeline },
        signal,
      }),
    staleTime: 300_000,
    retry: false,
  });

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
