/**
 * Queries of pipelines and their versions.
 *
 * @module
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type {
  pipelineSchema,
  VersionDocument,
  versionSummarySchema,
} from '../../../src/wire/pipelines.ts';
import type { Page } from '../../../src/wire/values.ts';
import { request } from './client.ts';

export type PipelineSummary = z.infer<typeof pipelineSchema>;
export type VersionSummary = z.infer<typeof versionSummarySchema>;

export interface PipelineName {
  readonly project: string;
  readonly pipeline: string;
}

/** Pipelines by project and name, by pages. */
export const pipelinesQuery = (project?: string) =>
  infiniteQueryOptions({
    queryKey: ['pipelines', project],
    queryFn: ({ pageParam, signal }) =>
      request<Page<PipelineSummary>>('v1/pipelines', {
        query: { project, limit: 100, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** The versions of a pipeline, highest first, by pages. */
export const versionsQuery = (name: PipelineName) =>
  infiniteQueryOptions({
    queryKey: ['versions', name],
    queryFn: ({ pageParam, signal }) =>
      request<Page<VersionSummary>>('v1/versions', {
        query: { ...name, limit: 50, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

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
