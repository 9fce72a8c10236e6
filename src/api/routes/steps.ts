/**
 * Steps of a run, and what they printed, reported and made.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import { artifactPageSchema, modelPageSchema, pointPageSchema } from '../../wire/runs.ts';
import {
  logPageSchema,
  parentPageSchema,
  stepPageSchema,
  stepSchema,
  textPageSchema,
} from '../../wire/steps.ts';
import { createCursorCodec, pageOf } from '../cursors.ts';
import {
  artifactDocument,
  isTerminalAttempt,
  modelDocument,
  pointDocument,
  stepDocument,
  toIsoTime,
} from '../documents.ts';
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
  textParam,
} from '../route-schemas.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';

const offsetSchema = z.int().nonnegative();
const stepCursors = createCursorCodec('steps', offsetSchema);
const logCursors = createCursorCodec(
  'log',
  z.strictObject({ attempt: z.int().positive(), from: z.string().max(500) }),
);
const listCursors = {
  texts: createCursorCodec('texts', offsetSchema),
  points: createCursorCodec('points', offsetSchema),
  named: createCursorCodec('things', offsetSchema),
  parents: createCursorCodec('parents', z.int()),
};

/** Points that a step's document may hold. */
const MAX_INLINE_POINTS = 1000;

export function stepRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  const { queries, tasks, links, logs } = ports;

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps',
      operationId: 'listSteps',
      summary: 'Steps in the order of calls, superseded ones last',
      request: {
        params: runParams,
        query: z.strictObject({
          name: textParam(
            'Only the step of this name, or the calls of the component of this name.',
          ).optional(),
          include: z
            .enum(['metrics'])
            .optional()
            .meta({ description: 'Each step with the first points of its metrics.' }),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(stepPageSchema, 'A page of steps.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { info } = await findRunOrThrow(ports, c.req.valid('param').run);
      const { name, include, cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const from = stepCursors.decode(cursor, [info.id, name]) ?? 0;
      const found =
        name === undefined
          ? await queries.allSteps(info.id, limit + 1, from)
          : await tasks.steps(info.id, await tasks.callsNamed(info.id, name, from - 1, limit + 1));
      const steps = await Promise.all(
        found
          .slice(0, limit)
          .map(async (step) => loadStepDocument(ports, info.id, step, include === 'metrics')),
      );
      const last = found[limit - 1];
      const next =
        found.length > limit && last !== undefined
          ? stepCursors.encode(name === undefined ? from + limit : last.call + 1, [info.id, name])
          : null;
      return c.json({ items: steps, next }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}',
      operationId: 'getStep',
      summary: 'One step',
      request: {
        params: stepParams,
        query: z.strictObject({ include: z.enum(['metrics']).optional() }),
      },
      responses: {
        200: jsonResponse(stepSchema, 'The step as it is now.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      return c.json(
        await loadStepDocument(
          ports,
          run,
          await findStepOrThrow(ports, run, call),
          c.req.valid('query').include === 'metrics',
        ),
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/parents',
      operationId: 'listStepParents',
      summary: 'The steps that a step depends on',
      request: { params: stepParams, query: z.strictObject(pageParams) },
      responses: {
        200: jsonResponse(parentPageSchema, 'A page of steps.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      await findStepOrThrow(ports, run, call);
      const { cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const found = await tasks.parents(
        run,
        call,
        listCursors.parents.decode(cursor, [run, call]) ?? -1,
        limit + 1,
      );
      const names = new Map((await tasks.steps(run, found)).map((step) => [step.call, step.name]));
      const page = pageOf(
        found,
        limit,
        (last) => listCursors.parents.encode(last, [run, call]),
        (parent) => ({ call: parent, name: names.get(parent) ?? '' }),
      );
      return c.json(page, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/logs',
      operationId: 'getStepLog',
      summary: 'What an attempt of a step printed',
      request: {
        params: stepParams,
        query: z.strictObject({
          attempt: attemptParam.meta({ description: 'Without, the last attempt.' }),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(logPageSchema, 'Some lines, and where to go on.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const step = await findStepOrThrow(ports, run, call);
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
            ? `step ${step.name} had no attempt yet`
            : `step ${step.name} had no attempt ${number}`,
        );
      const ended = isTerminalAttempt(attempt);
      const from = position?.from ?? null;
      const { lines, next, more } =
        attempt.logStream === undefined
          ? { lines: [], next: from ?? '0', more: false }
          : await logs.read(attempt.logStream, {
              from,
              limit: pageLimitOf(c.req.valid('query')),
              ended,
            });
      return c.json(
        {
          lines: lines.map(({ at, text }) => ({ at: at === null ? null : toIsoTime(at), text })),
          next: logCursors.encode({ attempt: attempt.number, from: next }, [run, call]),
          hasMore: more,
          complete: ended,
        },
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/texts',
      operationId: 'listStepTexts',
      summary: 'Lines that a step reported, of all attempts',
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
      await findStepOrThrow(ports, run, call);
      const texts = await queries.texts(run, call);
      return c.json(
        pageOfAll(texts, c.req.valid('query'), listCursors.texts, [run, call], ({ text, at }) => ({
          text,
          at: toIsoTime(at),
        })),
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/metrics',
      operationId: 'listStepMetrics',
      summary: 'Points of metrics that the last attempt of a step reported',
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
      await findStepOrThrow(ports, run, call);
      return c.json(
        pageOfAll(
          await queries.points(run, call),
          c.req.valid('query'),
          listCursors.points,
          [run, call],
          pointDocument,
        ),
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/metrics',
      operationId: 'listRunMetrics',
      summary: 'Points of metrics of the run itself',
      request: { params: runParams, query: z.strictObject(pageParams) },
      responses: {
        200: jsonResponse(pointPageSchema, 'A page of points.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      return c.json(
        pageOfAll(
          await queries.points(run, null),
          c.req.valid('query'),
          listCursors.points,
          [run],
          pointDocument,
        ),
        200,
      );
    },
  );

  const nameQuery = z.strictObject({
    name: textParam('Only of this name.').optional(),
    ...pageParams,
  });

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/artifacts',
      operationId: 'listStepArtifacts',
      summary: 'Artifacts of a step, with links to what is not inline',
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

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/artifacts',
      operationId: 'listRunArtifacts',
      summary: 'Artifacts of the run itself, with links to what is not inline',
      request: { params: runParams, query: nameQuery },
      responses: {
        200: jsonResponse(artifactPageSchema, 'A page of artifacts.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { info, head } = await findRunOrThrow(ports, c.req.valid('param').run);
      const { items, next } = pageOfNamed(head.artifacts, c.req.valid('query'), [info.id]);
      return c.json(
        { items: await Promise.all(items.map((each) => artifactDocument(each, links))), next },
        200,
      );
    },
  );

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
      const { info, head } = await findRunOrThrow(ports, c.req.valid('param').run);
      const { items, next } = pageOfNamed(head.models, c.req.valid('query'), [info.id, 'models']);
      return c.json(
        { items: await Promise.all(items.map((each) => modelDocument(each, links))), next },
        200,
      );
    },
  );
}

async function loadStepDocument(
  { queries }: ApiPorts,
  run: RunId,
  step: Step,
  withMetrics: boolean,
) {
  if (!withMetrics) return stepDocument(step, null);
  const points =
    step.attempts.length === 0 || step.status === 'superseded'
      ? []
      : await queries.points(run, step.call);
  return stepDocument(step, {
    items: points.slice(0, MAX_INLINE_POINTS),
    hasMore: points.length > MAX_INLINE_POINTS,
  });
}

interface PageParams {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

function pageOfAll<T, D>(
  all: readonly T[],
  query: PageParams,
  cursorCodec: typeof listCursors.points,
  filters: unknown,
  toDocument: (item: T) => D,
) {
  const limit = pageLimitOf(query);
  const from = cursorCodec.decode(query.cursor, filters) ?? 0;
  return pageOf(
    all.slice(from, from + limit + 1),
    limit,
    (_, count) => cursorCodec.encode(from + count, filters),
    toDocument,
  );
}

const pageOfNamed = <T extends { readonly name: string }>(
  all: readonly T[],
  query: PageParams & { readonly name?: string | undefined },
  owner: readonly unknown[],
) =>
  pageOfAll(
    query.name === undefined ? all : all.filter(({ name }) => name === query.name),
    query,
    listCursors.named,
    [...owner, query.name],
    (item) => item,
  );
