/**
 * Routes of what steps and runs print and report: logs, texts, metrics and plots.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { toIsoTime } from '../../model/iso-time.ts';
import {
  readRunPoints,
  readStepPlots,
  readStepPointPage,
  readStepTexts,
} from '../../ports/reported-outputs.ts';
import type { PointPosition } from '../../ports/tasks.ts';
import { plotPageSchema } from '../../wire/plots.ts';
import { pointPageSchema, runPointPageSchema } from '../../wire/runs.ts';
import { logicTextPageSchema, textPageSchema } from '../../wire/steps.ts';
import { createCursorCodec, positionNumberSchema } from '../cursors.ts';
import { plotDocument, pointDocument, runPointDocument } from '../documents.ts';
import { offsetCursors, pageOfAll } from '../offset-pages.ts';
import type { ApiPorts } from '../ports.ts';
import {
  attemptParam,
  commonProblems,
  jsonResponse,
  notFoundProblem,
  pageLimitOf,
  pageParams,
  runParams,
  stepParams,
} from '../route-schemas.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';
import { listRunPlotsRoute } from './run-plots.ts';
import { stepLogRoute } from './step-log.ts';

const textCursors = offsetCursors('texts');
const pointCursors = offsetCursors('points');
const stepPointCursors = createCursorCodec<PointPosition>(
  'step points',
  z.strictObject({
    attempt: positionNumberSchema.positive(),
    sequence: positionNumberSchema,
    index: positionNumberSchema,
  }),
);
const plotCursors = offsetCursors('plots');

export function stepOutputRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  stepLogRoute(api, ports);
  listStepTextsRoute(api, ports);
  listStepMetricsRoute(api, ports);
  listStepPlotsRoute(api, ports);
  listRunPlotsRoute(api, ports);
  listRunMetricsRoute(api, ports);
  listRunTextsRoute(api, ports);
}

function listStepTextsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/texts',
      operationId: 'listStepTexts',
      summary: 'Lines that a step reported, of all attempts; of a cached step, those of its origin',
      request: { params: stepParams, query: z.strictObject(pageParams) },
      responses: {
        200: jsonResponse(textPageSchema, 'A page of lines.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const step = await findStepOrThrow(ports, run, call);
      const texts = await readStepTexts(ports, run, step);
      return c.json(
        pageOfAll(
          texts,
          c.req.valid('query'),
          textCursors,
          [run, call],
          ({ attempt, text, at }) => ({
            attempt,
            text,
            at: toIsoTime(at),
          }),
        ),
        200,
      );
    },
  );
}

function listStepMetricsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/metrics',
      operationId: 'listStepMetrics',
      summary:
        'Points of metrics that the last attempt of a step reported; of a cached step, those of its origin',
      request: { params: stepParams, query: z.strictObject(pageParams) },
      responses: {
        200: jsonResponse(pointPageSchema, 'A page of points, in the order of reporting.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const step = await findStepOrThrow(ports, run, call);
      const { cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const from = stepPointCursors.decode(cursor, [run, call]) ?? null;
      const { points, next } = await readStepPointPage(ports, run, step, from, limit);
      return c.json(
        {
          items: points.map(pointDocument),
          next: next === null ? null : stepPointCursors.encode(next, [run, call]),
        },
        200,
      );
    },
  );
}

function listStepPlotsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/plots',
      operationId: 'listStepPlots',
      summary:
        'Tables, images and confusion matrices that a step reported, of all attempts; of a cached step, those of its origin',
      request: {
        params: stepParams,
        query: z.strictObject({
          attempt: attemptParam.meta({ description: 'Default: all attempts.' }),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(plotPageSchema, 'A page of plots, in the order of reporting.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      const { attempt, ...page } = c.req.valid('query');
      await findRunOrThrow(ports, run);
      const step = await findStepOrThrow(ports, run, call);
      const plots = (await readStepPlots(ports, run, step)).filter(
        (plot) => attempt === undefined || plot.attempt === attempt,
      );
      const { items, next } = pageOfAll(
        plots,
        page,
        plotCursors,
        [run, call, attempt ?? null],
        (plot) => plotDocument(plot, ports.links),
      );
      return c.json({ items: await Promise.all(items), next }, 200);
    },
  );
}

function listRunMetricsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/metrics',
      operationId: 'listRunMetrics',
      summary: 'Points of metrics of the run itself',
      request: { params: runParams, query: z.strictObject(pageParams) },
      responses: {
        200: jsonResponse(runPointPageSchema, 'A page of points, each with its step.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      return c.json(
        pageOfAll(
          await readRunPoints(ports, run),
          c.req.valid('query'),
          pointCursors,
          [run],
          runPointDocument,
        ),
        200,
      );
    },
  );
}

function listRunTextsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { queries } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/texts',
      operationId: 'listRunTexts',
      summary: "Lines that the pipeline's logic and its callbacks printed",
      request: { params: runParams, query: z.strictObject(pageParams) },
      responses: {
        200: jsonResponse(logicTextPageSchema, 'A page of lines.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      return c.json(
        pageOfAll(
          await queries.runTexts(run),
          c.req.valid('query'),
          textCursors,
          [run],
          ({ text, at }) => ({ text, at: toIsoTime(at) }),
        ),
        200,
      );
    },
  );
}
