/**
 * Documents of the service, its queues and its cache, and problem documents.
 *
 * @module
 */
import { z } from 'zod';
import { pageSchemaOf, timeSchema } from './values.ts';

export const serviceSchema = z
  .object({
    name: z.literal('headrace'),
    version: z.string(),
    stepExecutor: z.enum(['container', 'subprocess']).meta({
      description: 'How steps are executed. Subprocesses use the packages of the machine.',
    }),
    deployment: z
      .object({
        prefix: z.string().meta({ description: 'The first part of the names of all resources.' }),
        region: z.string(),
        account: z.string(),
        controllerConcurrency: z.int().meta({
          description: 'The maximum number of concurrent instances of the controller.',
        }),
        evaluatorIsolation: z.enum(['tenant', 'function']),
      })
      .optional()
      .meta({ description: 'The deployment in AWS; absent for other servers.' }),
  })
  .meta({ id: 'Service' });
export type Service = z.infer<typeof serviceSchema>;

export const queueSchema = z
  .object({
    name: z.string(),
    platform: z.enum(['fargate', 'ec2', 'lambda', 'subprocess']),
    spot: z.boolean(),
    gpu: z.boolean(),
    concurrency: z.int().nullable().meta({
      description: 'The limit of parallel steps; null if it depends on their resources.',
    }),
  })
  .meta({ id: 'Queue' });
export type QueueDocument = z.infer<typeof queueSchema>;
export const queueListSchema = z.object({ items: z.array(queueSchema) }).meta({ id: 'QueueList' });

export const cacheEntrySchema = z
  .object({
    key: z.string(),
    project: z.string(),
    component: z.string(),
    run: z.string(),
    step: z.string(),
    createdAt: timeSchema,
    artifacts: z.array(
      z.object({
        name: z.string(),
        type: z.string(),
        size: z.int(),
        hash: z.string(),
        preview: z.string(),
      }),
    ),
    models: z.array(z.object({ name: z.string(), size: z.int(), hash: z.string() })),
  })
  .meta({ id: 'CacheEntry' });
export type CacheEntryDocument = z.infer<typeof cacheEntrySchema>;
export const cachePageSchema = pageSchemaOf(cacheEntrySchema).meta({ id: 'CachePage' });
export const removedCountSchema = z.object({ removed: z.int() }).meta({ id: 'RemovedCount' });

export const PROBLEM_JSON = 'application/problem+json';

/** RFC 9457. `errors` names the invalid fields. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'The kind of the problem: urn:headrace:problem:…' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'The problem and its remedy.' }),
    errors: z
      .array(
        z.object({
          in: z.enum(['body', 'query', 'path', 'header']),
          field: z.string(),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'The fields that are wrong, and why.' }),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
export type FieldProblem = NonNullable<Problem['errors']>[number];
