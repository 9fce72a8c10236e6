/**
 * Routes of what steps and runs print and report: logs, texts, metrics and plots.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { isChildJob } from '../../model/child-run-ids.ts';
import type { RunId } from '../../model/ids.ts';
import { toIsoTime } from '../../model/iso-time.ts';
import { type Attempt, isTerminalAttempt, type Step } from '../../model/step.ts';
import type { Logs } from '../../ports/logs.ts';
import {
  findOriginStep,
  readRunPoints,
  readStepPlots,
  readStepPoints,
  readStepTexts,
} from '../../ports/reported-outputs.ts';
import { logPageSchema } from '../../wire/logs.ts';
import { plotPageSchema } from '../../wire/plots.ts';
import { pointPageSchema, runPointPageSchema } from '../../wire/runs.ts';
import { logicTextPageSchema, textPageSchema } from '../../wire/steps.ts';
import { createCursorCodec, positionNumberSchema } from '../cursors.ts';
import { plotDocument, pointDocument, runPointDocument } from '../documents.ts';
import { offsetCursors, pageOfAll } from '../offset-pages.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
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

const logCursors = createCursorCodec(
  'log',
  z.strictObject({
    attempt: positionNumberSchema.positive(),
    /** Null: the start of a log that was not known yet. */
    from: z.string().max(500).nullable(),
  }),
);
const textCursors = offsetCursors('texts');
const pointCursors = offsetCursors('points');
const plotCursors = offsetCursors('plots');

export function stepOutputRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  getStepLogRoute(api, ports);
  listStepTextsRoute(api, ports);
  listStepMetricsRoute(api, ports);
  listStepPlotsRoute(api, ports);
  listRunPlotsRoute(api, ports);
  listRunMetricsRoute(api, ports);
  listRunTextsRoute(api, ports);
}

function getStepLogRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { logs } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/logs',
      operationId: 'getStepLog',
      summary: 'The output of an attempt of a step',
      request: {
        params: stepParams,
        query: z.strictObject({
          attempt: attemptParam.meta({ description: 'Default: the last attempt.' }),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(logPageSchema, 'A page of lines.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const step = await findStepWithLog(ports, run, call);
      const { cursor, attempt: requestedAttempt } = c.req.valid('query');
      const position = logCursors.decode(cursor, [run, call]);
      if (
        position !== undefined &&
        requestedAttempt !== undefined &&
        position.attempt !== requestedAttempt
      )
        throw new ProblemError(400, 'cursor: it belongs to the log of another attempt', [
          { in: 'query', field: 'cursor', detail: 'it belongs to the log of another attempt' },
        ]);
      const number = position?.attempt ?? requestedAttempt ?? step.attempts.at(-1)?.number;
      const attempt = step.attempts.find((each) => each.number === number);
      if (attempt === undefined)
        throw new ProblemError(
          404,
          number === undefined
            ? `step ${step.name} has no attempt yet`
            : `step ${step.name} has no attempt ${number}`,
        );
      const ended = isTerminalAttempt(attempt);
      const from = position?.from ?? null;
      const { lines, next, more, complete } =
        attempt.logStream === undefined
          ? { lines: [], next: from, more: false, complete: isWithoutLog(attempt, logs) }
          : await logs.read(attempt.logStream, {
              from,
              limit: pageLimitOf(c.req.valid('query')),
              ended,
              endedAt: attempt.endedAt,
            });
      return c.json(
        {
          lines: lines.map(({ at, text, continues }) => ({
            position: '',
            at: at === null ? null : toIsoTime(at),
            text,
            ...(continues === undefined ? {} : { continues }),
          })),
          next: logCursors.encode({ attempt: attempt.number, from: next }, [run, call]),
          previous: null,
          hasMore: more,
          complete,
          size: null,
        },
        200,
      );
    },
  );
}

/**
 * Whether an attempt whose log is not known has none. The steps of child runs have none: their
 * output is that of the child run.
 */
const isWithoutLog = (attempt: Attempt, { mayNameStreamLater }: Logs): boolean =>
  isTerminalAttempt(attempt) &&
  (attempt.owner === undefined ||
    attempt.endedAt === undefined ||
    isChildJob(attempt.job.name) ||
    mayNameStreamLater?.(attempt.endedAt) !== true);

/** The step, or the one whose result it has: a cached step has no attempt of its own. */
async function findStepWithLog(ports: ApiPorts, run: RunId, call: number): Promise<Step> {
  const step = await findStepOrThrow(ports, run, call);
  if (step.status !== 'cached' || step.cachedFrom === null) return step;
  const origin = await findOriginStep(ports, step.cachedFrom);
  if (origin === undefined)
    throw new ProblemError(
      404,
      `step ${step.name} has no log: it has the result of step ${step.cachedFrom.step} of run ${step.cachedFrom.run}, which was removed or has expired`,
    );
  return origin.step;
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
      return c.json(
        pageOfAll(
          await readStepPoints(ports, run, step),
          c.req.valid('query'),
          pointCursors,
          [run, call],
          pointDocument,
        ),
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
