/**
 * The typed client of the API, as the command line and programs use it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { evaluatorTokenSchema } from '../wire/evaluations.ts';
import {
  type CreateUploads,
  pipelinePageSchema,
  type RegisterVersion,
  registeredVersionSchema,
  registerVersionSchema,
  uploadListSchema,
  versionPageSchema,
  versionSchema,
} from '../wire/pipelines.ts';
import {
  artifactPageSchema,
  type ChangeTags,
  type CreateRun,
  modelPageSchema,
  pointPageSchema,
  type Rerun,
  runModelPageSchema,
  runPageSchema,
  runSchema,
  runSummarySchema,
} from '../wire/runs.ts';
import {
  cachePageSchema,
  queueListSchema,
  removedCountSchema,
  serviceSchema,
} from '../wire/service.ts';
import {
  logPageSchema,
  parentPageSchema,
  stepPageSchema,
  stepSchema,
  textPageSchema,
} from '../wire/steps.ts';
import type { LinkDocument, Page } from '../wire/values.ts';
import { Transport, type TransportOptions } from './transport.ts';

export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

export interface RunFilter extends PageQuery {
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly status?: string | undefined;
  /** The beginning of an id. */
  readonly id?: string | undefined;
}

export interface CacheFilter {
  readonly project?: string | undefined;
  readonly component?: string | undefined;
  readonly key?: string | undefined;
}

interface CreateOptions {
  /** The same key makes the same thing once, however often it is sent; default: a key for this call. */
  readonly idempotencyKey?: string;
}

export type Client = ReturnType<typeof createClient>;

/**
 * @example
 * const client = createClient({ endpoint: 'https://…/prod', sign: sigV4({}) });
 * const { id } = await client.createRun({ project: 'examples', pipeline: 'iris', args: { url } });
 */
export function createClient(options: TransportOptions) {
  const transport = new Transport(options);
  const get = <T>(path: string, schema: z.ZodType<T>, query: object = {}): Promise<T> =>
    transport.call({ method: 'GET', path, schema, query: { ...query } });
  const idempotencyHeader = ({ idempotencyKey = randomUUID() }: CreateOptions) => ({
    'idempotency-key': idempotencyKey,
  });
  const stepPath = (run: string, call: number, suffix = ''): string =>
    `/v1/runs/${run}/steps/${call}${suffix}`;

  return {
    service: () => get('/v1', serviceSchema),
    queues: () => get('/v1/queues', queueListSchema),

    pipelines: (query: PageQuery & { readonly project?: string } = {}) =>
      get('/v1/pipelines', pipelinePageSchema, query),
    versions: (query: PageQuery & { readonly project: string; readonly pipeline: string }) =>
      get('/v1/versions', versionPageSchema, query),
    version: (version: string, query: { readonly project: string; readonly pipeline: string }) =>
      get(`/v1/versions/${encodeURIComponent(version)}`, versionSchema, query),
    createUploads: (body: CreateUploads) =>
      transport.call({ method: 'POST', path: '/v1/uploads', body, schema: uploadListSchema }),
    registerVersion: (body: RegisterVersion) =>
      transport.call({
        method: 'POST',
        path: '/v1/versions',
        body: registerVersionSchema.parse(body),
        schema: registeredVersionSchema,
      }),

    runs: (query: RunFilter = {}) => get('/v1/runs', runPageSchema, query),
    run: (id: string) => get(`/v1/runs/${id}`, runSchema),
    createRun: (body: CreateRun, created: CreateOptions = {}) =>
      transport.call({
        method: 'POST',
        path: '/v1/runs',
        body,
        headers: idempotencyHeader(created),
        schema: runSummarySchema,
      }),
    removeRun: (id: string) =>
      transport.call({ method: 'DELETE', path: `/v1/runs/${id}`, schema: z.undefined() }),
    abort: (id: string, reason: string) =>
      transport.call({
        method: 'POST',
        path: `/v1/runs/${id}/abort`,
        body: { reason },
        schema: runSchema,
      }),
    resume: (id: string) =>
      transport.call({ method: 'POST', path: `/v1/runs/${id}/resume`, schema: runSchema }),
    /** For the process that evaluates the logic of a run. */
    evaluatorToken: (id: string) =>
      transport.call({
        method: 'POST',
        path: `/v1/runs/${id}/evaluator-token`,
        schema: evaluatorTokenSchema,
      }),
    rerun: (id: string, body: Rerun, created: CreateOptions = {}) =>
      transport.call({
        method: 'POST',
        path: `/v1/runs/${id}/rerun`,
        body,
        headers: idempotencyHeader(created),
        schema: runSummarySchema,
      }),
    changeTags: (id: string, body: ChangeTags) =>
      transport.call({ method: 'PATCH', path: `/v1/runs/${id}/tags`, body, schema: runSchema }),
    runMetrics: (id: string, query: PageQuery = {}) =>
      get(`/v1/runs/${id}/metrics`, pointPageSchema, query),
    runArtifacts: (id: string, query: PageQuery & { readonly name?: string } = {}) =>
      get(`/v1/runs/${id}/artifacts`, artifactPageSchema, query),
    runModels: (id: string, query: PageQuery & { readonly name?: string } = {}) =>
      get(`/v1/runs/${id}/models`, modelPageSchema, query),

    steps: (
      run: string,
      query: PageQuery & { readonly name?: string; readonly include?: 'metrics' } = {},
    ) => get(`/v1/runs/${run}/steps`, stepPageSchema, query),
    stepPath: (run: string, call: number) => get(stepPath(run, call), stepSchema),
    parents: (run: string, call: number, query: PageQuery = {}) =>
      get(stepPath(run, call, '/parents'), parentPageSchema, query),
    logs: (run: string, call: number, query: PageQuery & { readonly attempt?: number } = {}) =>
      get(stepPath(run, call, '/logs'), logPageSchema, query),
    texts: (run: string, call: number, query: PageQuery = {}) =>
      get(stepPath(run, call, '/texts'), textPageSchema, query),
    stepMetrics: (run: string, call: number, query: PageQuery = {}) =>
      get(stepPath(run, call, '/metrics'), pointPageSchema, query),
    stepArtifacts: (
      run: string,
      call: number,
      query: PageQuery & { readonly name?: string } = {},
    ) => get(stepPath(run, call, '/artifacts'), artifactPageSchema, query),
    stepModels: (run: string, call: number, query: PageQuery & { readonly name?: string } = {}) =>
      get(stepPath(run, call, '/models'), modelPageSchema, query),

    models: (
      query: PageQuery & {
        readonly project?: string;
        readonly pipeline?: string;
        readonly name?: string;
      } = {},
    ) => get('/v1/models', runModelPageSchema, query),
    cache: (query: PageQuery & CacheFilter = {}) => get('/v1/cache', cachePageSchema, query),
    clearCache: (filter: CacheFilter) =>
      transport.call({
        method: 'DELETE',
        path: '/v1/cache',
        query: {
          ...filter,
          ...(Object.values(filter).every((value) => value === undefined) ? { all: 'true' } : {}),
        },
        schema: removedCountSchema,
      }),

    /** Reads what a link leads to. */
    readLink: async (link: LinkDocument): Promise<Response> => await transport.followLink(link),
    /** Writes to a link. */
    writeLink: async (link: LinkDocument, text: string): Promise<void> =>
      void (await (await transport.followLink(link, text)).arrayBuffer()),
  };
}

/** All items of a list, page after page. */
export async function* allItems<T>(
  readPage: (cursor: { readonly cursor?: string }) => Promise<Page<T>>,
): AsyncGenerator<T> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { items, next }: Page<T> = await readPage(cursor === undefined ? {} : { cursor });
    yield* items;
    cursor = next;
  }
}
