/**
 * Routes that change many runs: abort, tags, archiving, removal.
 *
 * 1. Each run is handled as by the route for one run. The outcome of one does not depend on another,
 *    and a repeated request has no further effect.
 * 2. A request ends in time. Runs that it did not come to are reported, and can be sent again.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import {
  abortRunsSchema,
  archiveRunsSchema,
  type BulkOutcome,
  bulkOutcomeSchema,
  changeTagsOfRunsSchema,
  removeRunsSchema,
} from '../../wire/bulk.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError, problemDocument, toProblemError } from '../problems.ts';
import { bodyProblems, commonProblems, jsonBody, jsonResponse } from '../route-schemas.ts';
import { requireTagsAfter } from '../run-creation.ts';
import { findRunOrThrow } from './lookups.ts';
import { abortUnlessEnded, removeIfEnded, requireArchivable } from './run-changes.ts';

/** Runs that are handled at the same time. */
const MAX_PARALLEL_RUNS = 10;
/** Rule 2: below the time limit of the API's function, which one removal may need a part of. */
const MAX_BULK_MS = 15_000;

export function bulkRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  const { runs } = ports;
  bulkRoute(api, ports, {
    path: '/v1/runs/abort',
    operationId: 'abortRuns',
    summary: 'Request the abort of many runs',
    schema: abortRunsSchema,
    accepted: 202,
    change: (run, { reason }) => abortUnlessEnded(ports, run, reason),
  });
  bulkRoute(api, ports, {
    path: '/v1/runs/tags',
    operationId: 'changeTagsOfRuns',
    summary: 'Add and remove tags of many runs',
    schema: changeTagsOfRunsSchema,
    accepted: 202,
    change: async (run, { add, remove }) => {
      requireTagsAfter(run, { add, remove });
      await runs.tag(run, { add, remove });
    },
  });
  bulkRoute(api, ports, {
    path: '/v1/runs/archive',
    operationId: 'archiveRuns',
    summary: 'Hide many runs from lists, or show them again',
    schema: archiveRunsSchema,
    accepted: 202,
    change: async (run, { archived }) => {
      if (archived) requireArchivable(run);
      await runs.annotate(run, { archived });
    },
  });
  bulkRoute(api, ports, {
    path: '/v1/runs/remove',
    operationId: 'removeRuns',
    summary: 'Remove many terminal runs with the objects that they and their steps wrote',
    schema: removeRunsSchema,
    accepted: 204,
    change: (run) => removeIfEnded(ports, run),
  });
}

interface BulkRoute<Schema extends z.ZodType<{ runs: RunId[] }>> {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly schema: Schema;
  /** The status of a run whose request is accepted. */
  readonly accepted: number;
  change(run: Run, request: z.output<Schema>): Promise<void>;
}

function bulkRoute<Schema extends z.ZodType<{ runs: RunId[] }>>(
  api: OpenAPIHono,
  ports: ApiPorts,
  { path, operationId, summary, schema, accepted, change }: BulkRoute<Schema>,
): void {
  api.openapi(
    createRoute({
      method: 'post',
      path,
      operationId,
      summary,
      request: { body: jsonBody(schema, true) },
      responses: {
        200: jsonResponse(bulkOutcomeSchema, 'The outcome for each run.'),
        ...commonProblems,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const request = schema.parse(await c.req.json());
      const ids = [...new Set(request.runs)];
      const endsAt = ports.clock.now() + MAX_BULK_MS;
      const outcomes: BulkOutcome['items'] = [];
      const handle = async (run: RunId): Promise<BulkOutcome['items'][number]> => {
        try {
          if (ports.clock.now() > endsAt) throw notHandled(run);
          await change(await findRunOrThrow(ports, run), request);
          return { run, status: accepted, problem: null };
        } catch (error) {
          const problem = toProblemError(error);
          if (problem === undefined) throw error;
          return { run, status: problem.status, problem: problemDocument(problem) };
        }
      };
      for (let first = 0; first < ids.length; first += MAX_PARALLEL_RUNS)
        outcomes.push(
          ...(await Promise.all(ids.slice(first, first + MAX_PARALLEL_RUNS).map(handle))),
        );
      return c.json({ items: outcomes }, 200);
    },
  );
}

const notHandled = (run: RunId): ProblemError =>
  new ProblemError(503, `the time of the request was used up before run ${run}: send it again`);
