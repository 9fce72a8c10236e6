/**
 * Routes of a run as a whole: its graph, the status of each call, the times of its steps, and what
 * changed since a revision.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import { MAX_CHANGED_REVISIONS } from '../../ports/run-state.ts';
import {
  runChangesSchema,
  runGraphSchema,
  runStateSchema,
  runTimingsSchema,
} from '../../wire/run-state.ts';
import { acceptsEventStream, changeStream, EVENT_STREAM } from '../change-stream.ts';
import { runDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import {
  commonProblems,
  jsonResponse,
  notFoundProblem,
  numberParam,
  runParams,
} from '../route-schemas.ts';
import { graphDocument, stateDocument, stepChange, timingsDocument } from '../run-columns.ts';
import { missingRun } from './lookups.ts';

const MAX_CALL = 999_999_999;
const MAX_GRAPH_CALLS = 5000;
const MAX_TIMES = 2000;

const fromParam = numberParam('from', { minimum: 0, maximum: MAX_CALL, default: 0 }).optional();
const limitOf = (maximum: number) =>
  numberParam('limit', { minimum: 1, maximum, default: maximum }).optional();

export function runStateRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  runGraphRoute(api, ports);
  runStateRoute(api, ports);
  runTimingsRoute(api, ports);
  runChangesRoute(api, ports);
}

function runGraphRoute(api: OpenAPIHono, { queries }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/graph',
      operationId: 'getRunGraph',
      summary: 'The calls of a run and what they depend on',
      request: {
        params: runParams,
        query: z.strictObject({ from: fromParam, limit: limitOf(MAX_GRAPH_CALLS) }),
      },
      responses: {
        200: jsonResponse(runGraphSchema, 'A page of calls, as columns.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      const { from = 0, limit = MAX_GRAPH_CALLS } = c.req.valid('query');
      const page = found(run, await queries.graph(run, from, limit));
      return c.json(graphDocument(page, from), 200);
    },
  );
}

function runStateRoute(api: OpenAPIHono, { queries }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/state',
      operationId: 'getRunState',
      summary: 'The status of each call of a run, with totals by component',
      request: { params: runParams, query: z.strictObject({}) },
      responses: {
        200: jsonResponse(runStateSchema, 'The state of the run as it is now.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      return c.json(stateDocument(found(run, await queries.state(run))), 200);
    },
  );
}

function runTimingsRoute(api: OpenAPIHono, { queries }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/timings',
      operationId: 'getRunTimings',
      summary: 'When the steps of a run were queued, started and ended',
      request: {
        params: runParams,
        query: z.strictObject({ from: fromParam, limit: limitOf(MAX_TIMES) }),
      },
      responses: {
        200: jsonResponse(runTimingsSchema, 'A page of calls, as columns.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      const { from = 0, limit = MAX_TIMES } = c.req.valid('query');
      return c.json(timingsDocument(found(run, await queries.times(run, from, limit)), from), 200);
    },
  );
}

function runChangesRoute(api: OpenAPIHono, { queries, links, changeSignals }: ApiPorts): void {
  const read = async (id: RunId, since: number, limit: number) => {
    const changes = await queries.changes(id, since, limit);
    if (changes === undefined) return undefined;
    const { run, steps, ...rest } = changes;
    return {
      ...rest,
      run: run === undefined ? null : await runDocument(run, links),
      steps: steps.map(stepChange),
    };
  };
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/changes',
      operationId: 'listRunChanges',
      summary: 'What changed in a run since a revision',
      request: {
        params: runParams,
        query: z.strictObject({
          since: numberParam('since', { minimum: 0, maximum: MAX_CALL }).meta({
            description: 'The `revision` of a run, of its state, or of the previous changes.',
          }),
          limit: limitOf(MAX_CHANGED_REVISIONS).meta({
            description: 'The most revisions whose changes are listed.',
          }),
        }),
      },
      responses: {
        200: {
          description:
            'The changed steps, and the run if it changed. `headrace dev` answers a request that accepts `text/event-stream` with a stream of these documents, until the connection ends.',
          content: {
            'application/json': { schema: runChangesSchema },
            [EVENT_STREAM]: { schema: z.string() },
          },
        },
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run: id } = c.req.valid('param');
      const { since, limit = MAX_CHANGED_REVISIONS } = c.req.valid('query');
      const first = found(id, await read(id, since, limit));
      if (changeSignals === undefined || !acceptsEventStream(c.req.header('accept')))
        return c.json(first, 200);
      const stream = changeStream({
        read: (revision) => read(id, revision, limit),
        since,
        subscribe: (notify) => changeSignals.subscribe(id, notify),
      });
      return new Response(stream, { headers: { 'content-type': EVENT_STREAM } });
    },
  );
}

/** @throws ProblemError */
function found<T>(run: RunId, value: T | undefined): T {
  if (value === undefined) throw missingRun(run);
  return value;
}
