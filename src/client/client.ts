/**
 * The typed client of the API, as the command line and programs use it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { evaluatorTokenSchema } from '../wire/evaluations.ts';
import {
  pipelinePageSchema,
  type Register,
  registeredSchema,
  registerSchema,
  type Uploads,
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
import { cachePageSchema, queueListSchema, removedSchema, serviceSchema } from '../wire/service.ts';
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

interface Created {
  /** The same key makes the same thing once, however often it is sent; default: a key for this call. */
  readonly key?: string;
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
  const keyed = ({ key = randomUUID() }: Created) => ({ 'idempotency-key': key });
  const step = (run: string, call: number, what = ''): string =>
    `/v1/runs/${run}/steps/${call}${what}`;

  return {
    service: () => get('/v1', serviceSchema),
    queues: () => get('/v1/queues', queueListSchema),

    pipelines: (query: PageQuery & { readonly project?: string } = {}) =>
      get('/v1/pipelines', pipelinePageSchema, query),
    versions: (query: PageQuery & { readonly project: string; readonly pipeline: string }) =>
      get('/v1/versions', versionPageSchema, query),
    version: (version: string, query: { readonly project: string; readonly pipeline: string }) =>
      get(`/v1/versions/${encodeURIComponent(version)}`, versionSchema, query),
    uploads: (body: Uploads) =>
      transport.call({ method: 'POST', path: '/v1/uploads', body, schema: uploadListSchema }),
    register: (body: Register) =>
      transport.call({
        method: 'POST',
        path: '/v1/versions',
        body: registerSchema.parse(body),
        schema: registeredSchema,
      }),

    runs: (query: RunFilter = {}) => get('/v1/runs', runPageSchema, query),
    run: (id: string) => get(`/v1/runs/${id}`, runSchema),
    createRun: (body: CreateRun, created: Created = {}) =>
      transport.call({
        method: 'POST',
        path: '/v1/runs',
        body,
        headers: keyed(created),
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
        path: `/v1/runs/${id}/evaluator`,
        schema: evaluatorTokenSchema,
      }),
    rerun: (id: string, body: Rerun, created: Created = {}) =>
      transport.call({
        method: 'POST',
        path: `/v1/runs/${id}/rerun`,
        body,
        headers: keyed(created),
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
    step: (run: string, call: number) => get(step(run, call), stepSchema),
    parents: (run: string, call: number, query: PageQuery = {}) =>
      get(step(run, call, '/parents'), parentPageSchema, query),
    log: (run: string, call: number, query: PageQuery & { readonly attempt?: number } = {}) =>
      get(step(run, call, '/logs'), logPageSchema, query),
    texts: (run: string, call: number, query: PageQuery = {}) =>
      get(step(run, call, '/texts'), textPageSchema, query),
    stepMetrics: (run: string, call: number, query: PageQuery = {}) =>
      get(step(run, call, '/metrics'), pointPageSchema, query),
    stepArtifacts: (
      run: string,
      call: number,
      query: PageQuery & { readonly name?: string } = {},
    ) => get(step(run, call, '/artifacts'), artifactPageSchema, query),
    stepModels: (run: string, call: number, query: PageQuery & { readonly name?: string } = {}) =>
      get(step(run, call, '/models'), modelPageSchema, query),

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
        schema: removedSchema,
      }),

    /** Reads what a link leads to. */
    read: async (link: LinkDocument): Promise<Response> => await transport.use(link),
    /** Writes to a link. */
    write: async (link: LinkDocument, text: string): Promise<void> =>
      void (await (await transport.use(link, text)).arrayBuffer()),
  };
}

/** All items of a list, page after page. */
export async function* allOf<T>(
  page: (cursor: { readonly cursor?: string }) => Promise<Page<T>>,
): AsyncGenerator<T> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { items, next }: Page<T> = await page(cursor === undefined ? {} : { cursor });
    yield* items;
    cursor = next;
  }
}
