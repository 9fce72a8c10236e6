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
import {
  attemptParam,
  json,
  limitOf,
  notFound,
  paging,
  refusals,
  runParams,
  stepParams,
  textParam,
} from '../contract.ts';
import { cursors, pageOf } from '../cursors.ts';
import {
  artifactDocument,
  hasEnded,
  modelDocument,
  pointDocument,
  stepDocument,
  time,
} from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import { knownRun, knownStep } from './known.ts';

const offset = z.int().nonnegative();
const stepPlace = cursors('steps', offset);
const logPlace = cursors(
  'log',
  z.strictObject({ attempt: z.int().positive(), from: z.string().max(500) }),
);
const places = {
  texts: cursors('texts', offset),
  points: cursors('points', offset),
  things: cursors('things', offset),
  parents: cursors('parents', z.int()),
};

/** Points that a step's document may hold. */
const POINTS_SHOWN = 1000;

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
          ...paging,
        }),
      },
      responses: { 200: json(stepPageSchema, 'A page of steps.'), ...refusals, ...notFound },
    }),
    async (c) => {
      const { info } = await knownRun(ports, c.req.valid('param').run);
      const { name, include, cursor } = c.req.valid('query');
      const limit = limitOf(c.req.valid('query'));
      const from = stepPlace.read(cursor, [info.id, name]) ?? 0;
      const found =
        name === undefined
          ? await queries.allSteps(info.id, limit + 1, from)
          : await tasks.steps(info.id, await tasks.callsNamed(info.id, name, from - 1, limit + 1));
      const steps = await Promise.all(
        found
          .slice(0, limit)
          .map(async (step) => documentOf(ports, info.id, step, include === 'metrics')),
      );
      const last = found[limit - 1];
      const next =
        found.length > limit && last !== undefined
          ? stepPlace.write(name === undefined ? from + limit : last.call + 1, [info.id, name])
          : null;
      return c.json({ items: steps, next }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}',
      operationId: 'showStep',
      summary: 'One step',
      request: {
        params: stepParams,
        query: z.strictObject({ include: z.enum(['metrics']).optional() }),
      },
      responses: { 200: json(stepSchema, 'The step as it is now.'), ...refusals, ...notFound },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await knownRun(ports, run);
      return c.json(
        await documentOf(
          ports,
          run,
          await knownStep(ports, run, call),
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
      operationId: 'listParents',
      summary: 'The steps that a step depends on',
      request: { params: stepParams, query: z.strictObject(paging) },
      responses: { 200: json(parentPageSchema, 'A page of steps.'), ...refusals, ...notFound },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await knownRun(ports, run);
      await knownStep(ports, run, call);
      const { cursor } = c.req.valid('query');
      const limit = limitOf(c.req.valid('query'));
      const found = await tasks.parents(
        run,
        call,
        places.parents.read(cursor, [run, call]) ?? -1,
        limit + 1,
      );
      const names = new Map((await tasks.steps(run, found)).map((step) => [step.call, step.name]));
      const page = pageOf(
        found,
        limit,
        (last) => places.parents.write(last, [run, call]),
        (parent) => ({ call: parent, name: names.get(parent) ?? '' }),
      );
      return c.json(page, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/logs',
      operationId: 'readLog',
      summary: 'What an attempt of a step printed',
      request: {
        params: stepParams,
        query: z.strictObject({
          attempt: attemptParam.meta({ description: 'Without, the last attempt.' }),
          ...paging,
        }),
      },
      responses: {
        200: json(logPageSchema, 'Some lines, and where to go on.'),
        ...refusals,
        ...notFound,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await knownRun(ports, run);
      const step = await knownStep(ports, run, call);
      const { cursor, attempt: wanted } = c.req.valid('query');
      const place = logPlace.read(cursor, [run, call]);
      if (place !== undefined && wanted !== undefined && place.attempt !== wanted)
        throw new ProblemError(400, 'cursor: it belongs to the log of another attempt', [
          { in: 'query', field: 'cursor', detail: 'it belongs to the log of another attempt' },
        ]);
      const number = place?.attempt ?? wanted ?? step.attempts.at(-1)?.number;
      const attempt = step.attempts.find((each) => each.number === number);
      if (attempt === undefined)
        throw new ProblemError(
          404,
          number === undefined
            ? `step ${step.name} had no attempt yet`
            : `step ${step.name} had no attempt ${number}`,
        );
      const ended = hasEnded(attempt);
      const from = place?.from ?? null;
      const { lines, next, more } =
        attempt.logStream === undefined
          ? { lines: [], next: from ?? '0', more: false }
          : await logs.read(attempt.logStream, {
              from,
              limit: limitOf(c.req.valid('query')),
              ended,
            });
      return c.json(
        {
          lines: lines.map(({ at, text }) => ({ at: at === null ? null : time(at), text })),
          next: logPlace.write({ attempt: attempt.number, from: next }, [run, call]),
          more,
          ended,
        },
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/texts',
      operationId: 'listTexts',
      summary: 'Lines that a step reported, of all attempts',
      request: { params: stepParams, query: z.strictObject(paging) },
      responses: { 200: json(textPageSchema, 'A page of lines.'), ...refusals, ...notFound },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await knownRun(ports, run);
      await knownStep(ports, run, call);
      const texts = await queries.texts(run, call);
      return c.json(
        slice(texts, c.req.valid('query'), places.texts, [run, call], ({ text, at }) => ({
          text,
          at: time(at),
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
      request: { params: stepParams, query: z.strictObject(paging) },
      responses: {
        200: json(pointPageSchema, 'A page of points, in the order of reporting.'),
        ...refusals,
        ...notFound,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await knownRun(ports, run);
      await knownStep(ports, run, call);
      return c.json(
        slice(
          await queries.points(run, call),
          c.req.valid('query'),
          places.points,
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
      request: { params: runParams, query: z.strictObject(paging) },
      responses: { 200: json(pointPageSchema, 'A page of points.'), ...refusals, ...notFound },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      await knownRun(ports, run);
      return c.json(
        slice(
          await queries.points(run, null),
          c.req.valid('query'),
          places.points,
          [run],
          pointDocument,
        ),
        200,
      );
    },
  );

  const nameQuery = z.strictObject({ name: textParam('Only of this name.').optional(), ...paging });

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/artifacts',
      operationId: 'listStepArtifacts',
      summary: 'Artifacts of a step, with links to what is not inline',
      request: { params: stepParams, query: nameQuery },
      responses: {
        200: json(artifactPageSchema, 'A page of artifacts.'),
        ...refusals,
        ...notFound,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await knownRun(ports, run);
      const { artifacts } = await knownStep(ports, run, call);
      const { items, next } = things(artifacts, c.req.valid('query'), [run, call]);
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
      responses: { 200: json(modelPageSchema, 'A page of models.'), ...refusals, ...notFound },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await knownRun(ports, run);
      const { models } = await knownStep(ports, run, call);
      const { items, next } = things(models, c.req.valid('query'), [run, call, 'models']);
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
        200: json(artifactPageSchema, 'A page of artifacts.'),
        ...refusals,
        ...notFound,
      },
    }),
    async (c) => {
      const { info, head } = await knownRun(ports, c.req.valid('param').run);
      const { items, next } = things(head.artifacts, c.req.valid('query'), [info.id]);
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
      responses: { 200: json(modelPageSchema, 'A page of models.'), ...refusals, ...notFound },
    }),
    async (c) => {
      const { info, head } = await knownRun(ports, c.req.valid('param').run);
      const { items, next } = things(head.models, c.req.valid('query'), [info.id, 'models']);
      return c.json(
        { items: await Promise.all(items.map((each) => modelDocument(each, links))), next },
        200,
      );
    },
  );
}

async function documentOf({ queries }: ApiPorts, run: RunId, step: Step, withMetrics: boolean) {
  if (!withMetrics) return stepDocument(step, null);
  const points =
    step.attempts.length === 0 || step.status === 'superseded'
      ? []
      : await queries.points(run, step.call);
  return stepDocument(step, {
    shown: points.slice(0, POINTS_SHOWN),
    more: points.length > POINTS_SHOWN,
  });
}

interface Paging {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

function slice<T, D>(
  all: readonly T[],
  query: Paging,
  place: typeof places.points,
  filters: unknown,
  show: (item: T) => D,
) {
  const limit = limitOf(query);
  const from = place.read(query.cursor, filters) ?? 0;
  return pageOf(
    all.slice(from, from + limit + 1),
    limit,
    (_, count) => place.write(from + count, filters),
    show,
  );
}

const things = <T extends { readonly name: string }>(
  all: readonly T[],
  query: Paging & { readonly name?: string | undefined },
  owner: readonly unknown[],
) =>
  slice(
    query.name === undefined ? all : all.filter(({ name }) => name === query.name),
    query,
    places.things,
    [...owner, query.name],
    (item) => item,
  );
