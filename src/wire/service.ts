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

/** What the service can do beyond its routes, which the OpenAPI document lists. */
export const meSchema = z
  .object({
    principal: z.string().meta({
      description:
        'The caller, as `createdBy` of runs has it: an ARN, the email or subject of a token, or the name of a local user.',
    }),
    name: z.string().meta({ description: 'A short form of `principal`, for views.' }),
    version: z.string().meta({ description: 'The version of the service.' }),
    features: z.array(z.string()).meta({
      description:
        'What this service offers: `stream` (changes as an event stream), `previews`, `costs`, `queues` (load of queues), `bulk`. A reader ignores names that it does not know.',
    }),
    readOnly: z.boolean().meta({ description: 'The service refuses all changes.' }),
  })
  .meta({ id: 'Me', description: 'The caller, and what the service offers.' });
export type Me = z.infer<typeof meSchema>;

export const queueLoadSchema = z
  .object({
    running: z.int().meta({ description: 'Steps that are executed now.' }),
    starting: z.int().meta({ description: 'Steps whose machine or container starts.' }),
    waiting: z.int().meta({ description: 'Steps that wait for capacity.' }),
    waitingSince: timeSchema
      .nullable()
      .meta({ description: 'Since when the first of these waits; null: none waits.' }),
    vcpus: z
      .object({
        used: z.number().nullable().meta({
          description: 'Those of machines that run or start; null: unknown, as on Fargate.',
        }),
        max: z.number(),
      })
      .nullable()
      .meta({ description: 'Virtual processors in use, and their limit; null if unknown.' }),
    partial: z.boolean().meta({ description: 'The queue has more steps than were counted.' }),
    measuredAt: timeSchema.meta({ description: 'A measurement is up to 30 seconds old.' }),
  })
  .meta({ id: 'QueueLoad' });

export const queueSchema = z
  .object({
    name: z.string(),
    platform: z.enum(['fargate', 'ec2', 'lambda', 'subprocess']),
    spot: z.boolean(),
    gpu: z.boolean(),
    concurrency: z.int().nullable().meta({
      description: 'The limit of parallel steps; null if it depends on their resources.',
    }),
    load: queueLoadSchema.nullable().default(null).meta({
      description: 'Null unless the request includes it, and for queues whose load is not known.',
    }),
  })
  .meta({ id: 'Queue' });
export type QueueDocument = z.infer<typeof queueSchema>;
/** A queue without its load. */
export type DeclaredQueue = Omit<QueueDocument, 'load'>;
export const queueListSchema = z.object({ items: z.array(queueSchema) }).meta({ id: 'QueueList' });

/** The steps of one run that wait in a queue. */
export const queueWaiterSchema = z
  .object({
    run: z.string(),
    pipeline: z.string(),
    project: z.string(),
    number: z.int(),
    addRunNumber: z.boolean(),
    waiting: z.int().meta({ description: 'The number of its steps that wait for capacity.' }),
    since: timeSchema.meta({ description: 'Since when the first of these waits.' }),
  })
  .meta({ id: 'QueueWaiter' });
export const queueWaitersSchema = z
  .object({
    items: z
      .array(queueWaiterSchema)
      .meta({ description: 'At most 100 runs, the one that waits longest first.' }),
    partial: z.boolean().meta({ description: 'More runs or steps wait than were counted.' }),
    measuredAt: timeSchema,
  })
  .meta({ id: 'QueueWaiters' });
export type QueueWaiters = z.infer<typeof queueWaitersSchema>;

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
