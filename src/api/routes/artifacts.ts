/**
 * Routes of artifacts and models of steps and runs, with links to the content that is not inline.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { MAX_NAME_LENGTH } from '../../model/limits.ts';
import type { NamedPage } from '../../ports/tasks.ts';
import { artifactPageSchema, modelPageSchema } from '../../wire/runs.ts';
import { createCursorCodec, pageOf } from '../cursors.ts';
import { artifactDocument, modelDocument } from '../documents.ts';
import { offsetCursors, type PageParams, pageOfAll } from '../offset-pages.ts';
import type { ApiPorts } from '../ports.ts';
import {
  commonProblems,
  jsonResponse,
  notFoundProblem,
  pageLimitOf,
  pageParams,
  runParams,
  stepParams,
  textParam,
} from '../route-schemas.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';

const namedCursors = offsetCursors('named');
const nameCursors = createCursorCodec('names', z.string().max(MAX_NAME_LENGTH));

const nameQuery = z.strictObject({
  name: textParam('Only of this name.').optional(),
  ...pageParams,
});

export function artifactRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listStepArtifactsRoute(api, ports);
  listStepModelsRoute(api, ports);
  listRunArtifactsRoute(api, ports);
  listRunModelsRoute(api, ports);
}

function listStepArtifactsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { links } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/artifacts',
      operationId: 'listStepArtifacts',
      summary: 'Artifacts of a step, with links to content that is not inline',
      request: { params: stepParams, query: nameQuery },
      responses: {
        200: jsonResponse(artifactPageSchema, 'A page of artifacts.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const { artifacts } = await findStepOrThrow(ports, run, call);
      const { items, next } = pageOfNamed(artifacts, c.req.valid('query'), [run, call]);
      return c.json(
        { items: await Promise.all(items.map((each) => artifactDocument(each, links))), next },
        200,
      );
    },
  );
}

function listStepModelsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { links } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/models',
      operationId: 'listStepModels',
      summary: 'Models of a step, with links to their files',
      request: { params: stepParams, query: nameQuery },
      responses: {
        200: jsonResponse(modelPageSchema, 'A page of models.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const { models } = await findStepOrThrow(ports, run, call);
      const { items, next } = pageOfNamed(models, c.req.valid('query'), [run, call, 'models']);
      return c.json(
        { items: await Promise.all(items.map((each) => modelDocument(each, links))), next },
        200,
      );
    },
  );
}

function listRunArtifactsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { links } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/artifacts',
      operationId: 'listRunArtifacts',
      summary: 'Artifacts of the run itself, with links to content that is not inline',
      request: { params: runParams, query: nameQuery },
      responses: {
        200: jsonResponse(artifactPageSchema, 'A page of artifacts.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { info } = await findRunOrThrow(ports, c.req.valid('param').run);
      const { items, next } = await pageByName(
        (page) => ports.queries.runArtifacts(info.id, page),
        c.req.valid('query'),
        [info.id],
      );
      return c.json(
        { items: await Promise.all(items.map((each) => artifactDocument(each, links))), next },
        200,
      );
    },
  );
}

function listRunModelsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { links } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/models',
      operationId: 'listRunModels',
      summary: 'Models of the run itself, with links to their files',
      request: { params: runParams, query: nameQuery },
      responses: {
        200: jsonResponse(modelPageSchema, 'A page of models.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { info } = await findRunOrThrow(ports, c.req.valid('param').run);
      const { items, next } = await pageByName(
        (page) => ports.queries.runModels(info.id, page),
        c.req.valid('query'),
        [info.id, 'models'],
      );
      return c.json(
        { items: await Promise.all(items.map((each) => modelDocument(each, links))), next },
        200,
      );
    },
  );
}

type NamedQuery = PageParams & { readonly name?: string | undefined };

/** A page of a list that is read in the order of names. */
async function pageByName<T extends { readonly name: string }>(
  read: (page: NamedPage) => Promise<readonly T[]>,
  query: NamedQuery,
  owner: readonly unknown[],
) {
  const filters = [...owner, query.name];
  const limit = pageLimitOf(query);
  const found = await read({
    after: nameCursors.decode(query.cursor, filters),
    name: query.name,
    limit: limit + 1,
  });
  return pageOf(
    found,
    limit,
    ({ name }) => nameCursors.encode(name, filters),
    (item) => item,
  );
}

const pageOfNamed = <T extends { readonly name: string }>(
  all: readonly T[],
  query: NamedQuery,
  owner: readonly unknown[],
) =>
  pageOfAll(
    query.name === undefined ? all : all.filter(({ name }) => name === query.name),
    query,
    namedCursors,
    [...owner, query.name],
    (item) => item,
  );
