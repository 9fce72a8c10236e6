/**
 * Queries of pipelines and their versions.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type {
  pipelineSchema,
  VersionDocument,
  versionSummarySchema,
} from '../../../src/wire/pipelines.ts';
import { request } from './client.ts';
import { pagesQuery } from './pages.ts';

export type PipelineSummary = z.infer<typeof pipelineSchema>;
export type VersionSummary = z.infer<typeof versionSummarySchema>;

export interface PipelineName {
  readonly project: string;
  readonly pipeline: string;
}

/** Pipelines by project and name, by pages. */
export const pipelinesQuery = (project?: string) =>
  pagesQuery<PipelineSummary>('v1/pipelines', { project });

/** The versions of a pipeline, highest first, by pages. */
export const versionsQuery = (name: PipelineName) =>
  pagesQuery<VersionSummary>('v1/versions', { ...name }, 50);

/** One version. It never changes. */
export const versionQuery = (name: PipelineName, version: string) =>
  queryOptions({
    queryKey: ['version', name, version],
    queryFn: ({ signal }) =>
      request<VersionDocument>(`v1/versions/${encodeURIComponent(version)}`, {
        query: { ...name },
        signal,
      }),
    staleTime: Number.POSITIVE_INFINITY,
  });
