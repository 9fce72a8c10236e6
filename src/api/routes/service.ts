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
  removedSchema,
  serviceSchema,
} from '../../wire/service.ts';
import { json, limitOf, paging, refusals, textParam } from '../contract.ts';
import { cursors, pageOf } from '../cursors.ts';
import { cacheEntryDocument, modelDocument, runSummary } from '../documents.ts';
import { modelPlaceSchema, modelsFrom } from '../models.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';

const modelPlace = cursors('models', modelPlaceSchema);
const cachePlace = cursors('cache', z.strictObject({ createdAt: z.number(), key: z.string() }));

const cacheFilter = {
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
      operationId: 'showService',
      summary: 'What this service is',
      responses: { 200: json(serviceSchema, 'The service.'), ...refusals },
    }),
    (c) => c.json(service, 200),
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/queues',
      operationId: 'listQueues',
      summary: 'Queues that steps run on',
      responses: { 200: json(queueListSchema, 'All queues.'), ...refusals },
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
          ...paging,
        }),
      },
      responses: {
        200: json(
          runModelPageSchema,
          'A page of models; it may be short, or empty, and still have a next one.',
        ),
        ...refusals,
      },
    }),
    async (c) => {
      const { project, pipeline, name, cursor } = c.req.valid('query');
      const filters = [project, pipeline, name];
      const found = await modelsFrom(
        ports.queries,
        { project, pipeline, name, limit: limitOf(c.req.valid('query')) },
        modelPlace.read(cursor, filters),
      );
      const items = await Promise.all(
        found.items.map(async ({ model, run, step }) => ({
          ...(await modelDocument(model, links)),
          run: runSummary(run),
          step: step === null ? null : { call: step.call, name: step.name },
        })),
      );
      return c.json(
        { items, next: found.next === null ? null : modelPlace.write(found.next, filters) },
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/cache',
      operationId: 'listCache',
      summary: 'Entries of the step cache, newest first',
      request: { query: z.strictObject({ ...cacheFilter, ...paging }) },
      responses: { 200: json(cachePageSchema, 'A page of entries.'), ...refusals },
    }),
    async (c) => {
      const { limit: _, cursor, ...filter } = c.req.valid('query');
      const after = cachePlace.read(cursor, filter);
      const entries = (await matching(ports, filter)).filter(
        (entry) => after === undefined || order(after, entry) < 0,
      );
      const page = pageOf(
        entries,
        limitOf(c.req.valid('query')),
        ({ createdAt, key }) => cachePlace.write({ createdAt, key }, filter),
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
          ...cacheFilter,
          all: z
            .enum(['true'])
            .optional()
            .meta({ description: 'Needed where no filter is given.' }),
        }),
      },
      responses: { 200: json(removedSchema, 'How many there were.'), ...refusals },
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
        return c.json({ removed: await cache.clear(given({ project, component })) }, 200);
      let removed = 0;
      for (const entry of await matching(ports, filter))
        removed += await cache.clear({ ...given({ project, component }), key: entry.key });
      return c.json({ removed }, 200);
    },
  );
}

interface CacheFilter {
  readonly project?: string | undefined;
  readonly component?: string | undefined;
  readonly key?: string | undefined;
}

async function matching(
  { cache }: ApiPorts,
  { key, ...filter }: CacheFilter,
): Promise<readonly CacheEntry[]> {
  const entries = await cache.entries(given(filter));
  return entries.filter((entry) => key === undefined || entry.key.startsWith(key)).sort(order);
}

const given = ({ project, component }: Omit<CacheFilter, 'key'>) => ({
  ...(project === undefined ? {} : { project }),
  ...(component === undefined ? {} : { component }),
});

type Ordered = Pick<CacheEntry, 'createdAt' | 'key'>;
const order = (a: Ordered, b: Ordered): number =>
  b.createdAt - a.createdAt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
