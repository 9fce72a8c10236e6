/**
 * Routes of the service itself, and of the models of all runs.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { runModelPageSchema } from '../../wire/runs.ts';
import { meSchema, serviceSchema } from '../../wire/service.ts';
import { createCursorCodec, itemsWithinPage } from '../cursors.ts';
import { modelDocument, runSummaryDocument } from '../documents.ts';
import { findModels, modelPositionSchema } from '../model-search.ts';
import type { ApiPorts } from '../ports.ts';
import { revalidated } from '../response-caching.ts';
import {
  commonProblems,
  jsonResponse,
  notModifiedResponse,
  pageLimitOf,
  pageParams,
  textParam,
} from '../route-schemas.ts';

const modelCursors = createCursorCodec('models', modelPositionSchema);

export function serviceRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  getServiceRoute(api, ports);
  getCallerRoute(api, ports);
  listModelsRoute(api, ports);
}

function getServiceRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { service } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1',
      operationId: 'getService',
      summary: 'The service and its version',
      responses: {
        200: jsonResponse(serviceSchema, 'The service.'),
        ...notModifiedResponse,
        ...commonProblems,
      },
    }),
    (c) => {
      revalidated(c);
      return c.json(service, 200);
    },
  );
}

function getCallerRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { service, features } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/me',
      operationId: 'getCaller',
      summary: 'The caller, and what the service offers',
      responses: {
        200: jsonResponse(meSchema, 'The caller.'),
        ...notModifiedResponse,
        ...commonProblems,
      },
    }),
    (c) => {
      const { principal, name } = ports.callerOf(c.env);
      revalidated(c);
      return c.json(
        { principal, name, version: service.version, features: [...features], readOnly: false },
        200,
      );
    },
  );
}

function listModelsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { links } = ports;
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
          'A page of models. A page can be short or empty although another one follows.',
        ),
        ...commonProblems,
      },
    }),
    async (c) => {
      const { project, pipeline, name, cursor } = c.req.valid('query');
      const filters = [project, pipeline, name];
      const findFirst = (limit: number) =>
        findModels(
          ports.queries,
          { project, pipeline, name, limit },
          modelCursors.decode(cursor, filters),
        );
      let found = await findFirst(pageLimitOf(c.req.valid('query')));
      const fitting = itemsWithinPage(
        found.items.map(({ model, run }) => [model, runSummaryDocument(run)]),
      ).length;
      // The position behind the models that fit is known only to a search for as many.
      if (fitting < found.items.length) found = await findFirst(fitting);
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
}
