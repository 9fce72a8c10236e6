/**
 * Routes of the step cache.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { CacheEntry } from '../../ports/cache.ts';
import { cachePageSchema, removedCountSchema } from '../../wire/service.ts';
import { createCursorCodec, pageOf } from '../cursors.ts';
import { cacheEntryDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import {
  commonProblems,
  jsonResponse,
  pageLimitOf,
  pageParams,
  textParam,
} from '../route-schemas.ts';

const cacheCursors = createCursorCodec(
  'cache',
  z.strictObject({ createdAt: z.number(), key: z.string() }),
);

const cacheFilterParams = {
  project: textParam('Only of this project.').optional(),
  component: textParam('Only of this component.').optional(),
  key: textParam('Only entries whose key has this prefix.').optional(),
};

export function cacheRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listCacheEntriesRoute(api, ports);
  clearCacheRoute(api, ports);
}

function listCacheEntriesRoute(api: OpenAPIHono, ports: ApiPorts): void {
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
}

function clearCacheRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { cache } = ports;
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/cache',
      operationId: 'clearCache',
      summary: 'Remove entries of the step cache; artifacts of runs stay',
      request: {
        query: z.strictObject({
          ...cacheFilterParams,
          all: z.enum(['true']).optional().meta({ description: 'Required without a filter.' }),
        }),
      },
      responses: {
        200: jsonResponse(removedCountSchema, 'The number of removed entries.'),
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
        throw new ProblemError(400, 'all: without a filter, every entry is removed: add all=true', [
          { in: 'query', field: 'all', detail: 'required without a filter' },
        ]);
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
