/**
 * Routes of steps: a run's steps, one step, the parents of a step.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import { bodyBytes, MAX_LAMBDA_BODY_BYTES } from '../../model/service-limits.ts';
import type { Step } from '../../model/step.ts';
import { explainCache } from '../../ports/cache-explanation.ts';
import { LimitWaits } from '../../ports/limit-waits.ts';
import { readStepPointPage } from '../../ports/reported-outputs.ts';
import { stepStatusSchema } from '../../wire/step-counts.ts';
import {
  cacheExplanationDocumentSchema,
  parentPageSchema,
  type StepDocument,
  stepPageSchema,
  stepSchema,
} from '../../wire/steps.ts';
import { stepCost } from '../costs.ts';
import { createCursorCodec, pageOf, positionNumberSchema } from '../cursors.ts';
import { stepDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { revalidated } from '../response-caching.ts';
import {
  commonProblems,
  jsonResponse,
  notFoundProblem,
  notModifiedResponse,
  pageLimitOf,
  pageParams,
  runParams,
  stepParams,
  textParam,
} from '../route-schemas.ts';
import { selectSteps } from '../step-selection.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';

const stepCursors = createCursorCodec('steps', positionNumberSchema);
const parentCursors = createCursorCodec('parents', positionNumberSchema);

/** Points that the document of a step holds at most. */
const MAX_INLINE_POINTS = 1000;
/** Steps whose points are read at the same time: each may have many more than its document. */
const MAX_PARALLEL_STEPS = 10;

const MAX_CALLS = 100;
const callsParam = z
  .string()
  .regex(/^\d{1,9}(?:,\d{1,9}){0,99}$/, `calls are up to ${MAX_CALLS} numbers, separated by commas`)
  .transform((text) => [...new Set(text.split(',').map(Number))].sort((a, b) => a - b))
  .meta({
    type: 'string',
    description: `Only these calls: up to ${MAX_CALLS} numbers, separated by commas.`,
  });

export function stepRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listStepsRoute(api, ports);
  getStepRoute(api, ports);
  listStepParentsRoute(api, ports);
  explainStepCacheRoute(api, ports);
}

function listStepsRoute(api: OpenAPIHono, ports: ApiPorts): void {
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
          status: stepStatusSchema.optional().meta({
            description:
              'Only in this status. A page can be short or empty although another one follows.',
          }),
          calls: callsParam.optional(),
          include: z.enum(['metrics']).optional().meta({
            description:
              'Each step with the first points of its metrics. A page can have fewer steps than `limit`.',
          }),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(stepPageSchema, 'A page of steps.'),
        ...notModifiedResponse,
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { info } = await findRunOrThrow(ports, c.req.valid('param').run);
      const { name, status, calls, include, cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const filters = [info.id, name, status, calls];
      const from = stepCursors.decode(cursor, filters) ?? 0;
      const { found, next: afterFound } = await selectSteps(
        ports,
        info.id,
        { name, status, calls },
        from,
        limit,
      );
      const items = await loadPage(
        ports,
        info.id,
        found.map(({ step }) => step),
        include === 'metrics',
      );
      const position = items.length < found.length ? found[items.length - 1]?.after : afterFound;
      const next =
        position === undefined || position === null ? null : stepCursors.encode(position, filters);
      revalidated(c);
      return c.json({ items, next }, 200);
    },
  );
}

function getStepRoute(api: OpenAPIHono, ports: ApiPorts): void {
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
        ...notModifiedResponse,
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      revalidated(c);
      return c.json(
        await loadStepDocument(
          ports,
          new LimitWaits(ports),
          run,
          await findStepOrThrow(ports, run, call),
          { withMetrics: c.req.valid('query').include === 'metrics', readOrigin: true },
        ),
        200,
      );
    },
  );
}

function listStepParentsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { tasks } = ports;
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
        parentCursors.decode(cursor, [run, call]) ?? -1,
        limit + 1,
      );
      const names = new Map((await tasks.steps(run, found)).map((step) => [step.call, step.name]));
      const page = pageOf(
        found,
        limit,
        (last) => parentCursors.encode(last, [run, call]),
        (parent) => ({ call: parent, name: names.get(parent) ?? '' }),
      );
      return c.json(page, 200);
    },
  );
}

function explainStepCacheRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/cache',
      operationId: 'explainStepCache',
      summary: 'Why a step was computed or taken from the cache',
      request: { params: stepParams, query: z.strictObject({}) },
      responses: {
        200: jsonResponse(cacheExplanationDocumentSchema, 'The decision and its reason.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      const found = await findRunOrThrow(ports, run);
      return c.json(await explainCache(ports, found, await findStepOrThrow(ports, run, call)), 200);
    },
  );
}

/** The documents of the first steps that fit into a page, at least one. */
async function loadPage(
  ports: ApiPorts,
  run: RunId,
  steps: readonly Step[],
  withMetrics: boolean,
): Promise<StepDocument[]> {
  const items: StepDocument[] = [];
  const waits = new LimitWaits(ports);
  let bytes = 0;
  for (let first = 0; first < steps.length; first += MAX_PARALLEL_STEPS) {
    const documents = await Promise.all(
      steps
        .slice(first, first + MAX_PARALLEL_STEPS)
        .map((step) =>
          loadStepDocument(ports, waits, run, step, { withMetrics, readOrigin: false }),
        ),
    );
    for (const document of documents) {
      bytes += bodyBytes(document);
      if (bytes > MAX_LAMBDA_BODY_BYTES && items.length > 0) return items;
      items.push(document);
    }
  }
  return items;
}

async function loadStepDocument(
  ports: ApiPorts,
  waits: LimitWaits,
  run: RunId,
  step: Step,
  { withMetrics, readOrigin }: { readonly withMetrics: boolean; readonly readOrigin: boolean },
) {
  const [waitsForLimit, cost] = await Promise.all([
    waits.textOf(run, step),
    stepCost(ports, step, readOrigin),
  ]);
  if (!withMetrics) return stepDocument(step, null, waitsForLimit, cost);
  const { points, next } = await readStepPointPage(ports, run, step, null, MAX_INLINE_POINTS);
  const shown = { items: points, hasMore: next !== null };
  return stepDocument(step, shown, waitsForLimit, cost);
}
