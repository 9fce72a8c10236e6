/**
 * The service, its queues, its cache, and the models of all runs.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { CacheEntry } from '../../ports/cache.ts';
import { runModelPageSchema } from '../../wire/runs.ts';
import {
  cachePageSchema,
  queueListSchema,
  removedCountSchema,
  serviceSchema,
} from '../../wire/service.ts';
import { createCursorCodec, pageOf } from '../cursors.ts';
import { cacheEntryDocument, modelDocument, runSummaryDocument } from '../documents.ts';
import { findModels, modelPositionSchema } from '../model-search.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import {
  commonProblems,
  jsonResponse,
  pageLimitOf,
  pageParams,
  textParam,
} from '../route-schemas.ts';

const modelCursors = createCursorCodec('models', modelPositionSchema);
const cacheCursors = createCursorCodec(
  'cache',
  z.strictObject({ createdAt: z.number(), key: z.string() }),
);

const cacheFilterParams = {
  project: textParam('Only of this project.').optional(),
  component: textParam('Only of this component.').optional(),
  key: textParam('Only entries whose key begins so.').optional(),
};

export function serviceRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  const { cache, service, links } = ports;

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1',
      operationId: 'getService',
      summary: 'What this service is',
      responses: { 200: jsonResponse(serviceSchema, 'The service.'), ...commonProblems },
    }),
    (c) => c.json(service, 200),
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/queues',
      operationId: 'listQueues',
      summary: 'Queues that steps run on',
      responses: { 200: jsonResponse(queueListSchema, 'All queues.'), ...commonProblems },
    }),
    (c) => c.json({ items: [...ports.queues().items] }, 200),
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/models',
      operationId: 'listModels',
      summary: 'Models of runs and of their steps, newest runs first',
      request: {
        query: z.strictObject({
          project: textParam('Only of runs of this project.').optional(),
          pipeline: textParam('Only of runs of this pipeline.').optional(),
          name: textParam('Only models of this name.').optional(),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(
          runModelPageSchema,
          'A page of models; it may be short, or empty, and still have a next one.',
        ),
        ...commonProblems,
      },
    }),
    async (c) => {
      const { project, pipeline, name, cursor } = c.req.valid('query');
      const filters = [project, pipeline, name];
      const found = await findModels(
        ports.queries,
        { project, pipeline, name, limit: pageLimitOf(c.req.valid('query')) },
        modelCursors.decode(cursor, filters),
      );
      const items = await Promise.all(
        found.items.map(async ({ model, run, step }) => ({
          ...(await modelDocument(model, links)),
          run: runSummaryDocument(run),
          step: step === null ? null : { call: step.call, name: step.name },
        })),
      );
      return c.json(
        { items, next: found.next === null ? null : modelCursors.encode(found.next, filters) },
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/cache',
      operationId: 'listCacheEntries',
      summary: 'Entries of the step cache, newest first',
      request: { query: z.strictObject({ ...cacheFilterParams, ...pageParams }) },
      responses: { 200: jsonResponse(cachePageSchema, 'A page of entries.'), ...commonProblems },
    }),
    async (c) => {
      const { limit: _, cursor, ...filter } = c.req.valid('query');
      const after = cacheCursors.decode(cursor, filter);
      const entries = (await findCacheEntries(ports, filter)).filter(
        (entry) => after === undefined || compareNewestFirst(after, entry) < 0,
      );
      const page = pageOf(
        entries,
        pageLimitOf(c.req.valid('query')),
        ({ createdAt, key }) => cacheCursors.encode({ createdAt, key }, filter),
        cacheEntryDocument,
      );
      return c.json(page, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/cache',
      operationId: 'clearCache',
      summary: 'Forget entries of the step cache; artifacts of runs stay',
      request: {
        query: z.strictObject({
          ...cacheFilterParams,
          all: z
            .enum(['true'])
            .optional()
            .meta({ description: 'Needed where no filter is given.' }),
        }),
      },
      responses: {
        200: jsonResponse(removedCountSchema, 'How many there were.'),
        ...commonProblems,
      },
    }),
    async (c) => {
      const { all, ...filter } = c.req.valid('query');
      const { key, project, component } = filter;
      if (
        all === undefined &&
        key === undefined &&
        project === undefined &&
        component === undefined
      )
        throw new ProblemError(
          400,
          'all: without a filter this forgets every entry: say all=true',
          [{ in: 'query', field: 'all', detail: 'needed where no filter is given' }],
        );
      if (key === undefined)
        return c.json({ removed: await cache.clear(definedFilters({ project, component })) }, 200);
      let removed = 0;
      for (const entry of await findCacheEntries(ports, filter))
        removed += await cache.clear({ ...definedFilters({ project, component }), key: entry.key });
      return c.json({ removed }, 200);
    },
  );
}

interface CacheEntryFilter {
  readonly project?: string | undefined;
  readonly component?: string | undefined;
  readonly key?: string | undefined;
}

async function findCacheEntries(
  { cache }: ApiPorts,
  { key, ...filter }: CacheEntryFilter,
): Promise<readonly CacheEntry[]> {
  const entries = await cache.entries(definedFilters(filter));
  return entries
    .filter((entry) => key === undefined || entry.key.startsWith(key))
    .sort(compareNewestFirst);
}

const definedFilters = ({ project, component }: Omit<CacheEntryFilter, 'key'>) => ({
  ...(project === undefined ? {} : { project }),
  ...(component === undefined ? {} : { component }),
});

type EntryPosition = Pick<CacheEntry, 'createdAt' | 'key'>;
const compareNewestFirst = (a: EntryPosition, b: EntryPosition): number =>
  b.createdAt - a.createdAt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
