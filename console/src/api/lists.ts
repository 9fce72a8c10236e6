/**
 * Queries of models, queues, schedules and the cache.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type {
  ModelUseDocument,
  ModelVersionDocument,
  registeredModelSchema,
} from '../../../src/wire/models.ts';
import type { runModelSchema } from '../../../src/wire/runs.ts';
import type { ScheduleDocument } from '../../../src/wire/schedules.ts';
import type { CacheEntryDocument, QueueDocument, QueueWaiters } from '../../../src/wire/service.ts';
import type { StepDocument } from '../../../src/wire/steps.ts';
import { request } from './client.ts';
import { pagesQuery } from './pages.ts';

export type RegisteredModel = z.infer<typeof registeredModelSchema>;
export type RunModel = z.infer<typeof runModelSchema>;

export const registeredModelsQuery = (project: string | undefined) =>
  pagesQuery<RegisteredModel>('v1/registered-models', { project });

/** The models that runs and steps stored, newest runs first. */
export const runModelsQuery = (filter: {
  readonly project?: string | undefined;
  readonly name?: string | undefined;
}) => pagesQuery<RunModel>('v1/models', filter, 50);

export const modelVersionsQuery = (model: { readonly project: string; readonly name: string }) =>
  pagesQuery<ModelVersionDocument>('v1/model-versions', model, 50);

/** The steps that use a version of a registered model, newest runs first. */
export const modelUsesQuery = (
  model: { readonly project: string; readonly name: string },
  version: number,
) => pagesQuery<ModelUseDocument>(`v1/model-versions/${version}/uses`, model, 50);

export const cacheEntriesQuery = (filter: {
  readonly project?: string | undefined;
  readonly component?: string | undefined;
  readonly key?: string | undefined;
}) => pagesQuery<CacheEntryDocument>('v1/cache', filter);

export const schedulesQuery = (project: string | undefined) =>
  pagesQuery<ScheduleDocument>('v1/schedules', { project });

/** One schedule with its last firings. */
export const scheduleQuery = (name: string, project: string) =>
  queryOptions({
    queryKey: ['v1/schedules', 'one', project, name],
    queryFn: ({ signal }) =>
      request<ScheduleDocument>(`v1/schedules/${encodeURIComponent(name)}`, {
        query: { project },
        signal,
      }),
  });

const LOAD_INTERVAL_MS = 30_000;

/** All queues with their load, measured anew while the page is shown. */
export const queueLoadsQuery = () =>
  queryOptions({
    queryKey: ['v1/queues', 'load'],
    queryFn: ({ signal }) =>
      request<{ readonly items: readonly QueueDocument[] }>('v1/queues', {
        query: { include: 'load' },
        signal,
      }),
    refetchInterval: LOAD_INTERVAL_MS,
  });

/** The runs whose steps wait in a queue. */
export const queueWaitersQuery = (queue: string) =>
  queryOptions({
    queryKey: ['v1/queues', 'waiting', queue],
    queryFn: ({ signal }) =>
      request<QueueWaiters>(`v1/queues/${encodeURIComponent(queue)}/waiting`, { signal }),
    refetchInterval: LOAD_INTERVAL_MS,
  });

/** The steps of a run in the order of calls. */
export const runStepsQuery = (run: string) =>
  pagesQuery<StepDocument>(`v1/runs/${encodeURIComponent(run)}/steps`, {});
