/**
 * Routes of runs: list, create, get, remove.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { MAX_TAG_LENGTH, MAX_TAGS } from '../../model/limits.ts';
import { RUN_STATUSES, type Run } from '../../model/run.ts';
import { recordedCreator } from '../../model/run-creator.ts';
import { isStored } from '../../model/value.ts';
import { matchesRun, type RunFilter } from '../../ports/run-filter.ts';
import {
  createRunSchema,
  runPageSchema,
  runSchema,
  runStatusSchema,
  runSummarySchema,
} from '../../wire/runs.ts';
import { createCursorCodec, pageOf } from '../cursors.ts';
import { createdRunDocument, runDocument, runSummaryDocument } from '../documents.ts';
import { claimCreatedId } from '../idempotent-creates.ts';
import type { ApiPorts } from '../ports.ts';
import { revalidated } from '../response-caching.ts';
import {
  bodyProblems,
  commonProblems,
  conflictProblem,
  goneProblem,
  idempotencyHeaders,
  jsonBody,
  jsonResponse,
  notFoundProblem,
  notModifiedResponse,
  numberParam,
  pageLimitOf,
  pageParams,
  repeatedParam,
  runParams,
  textParam,
  timeParam,
} from '../route-schemas.ts';
import { prepareNewRun } from '../run-creation.ts';
import { includedParts, includeParam, runSummaryDocuments } from '../run-includes.ts';
import { withInputs } from '../run-inputs.ts';
import { findRunOrThrow } from './lookups.ts';
import { removeIfEnded } from './run-changes.ts';

const runCursors = createCursorCodec('runs', runIdSchema);

const listQuery = z
  .strictObject({
    project: textParam('Only of this project and the projects below it.').optional(),
    pipeline: textParam('Only of this pipeline.').optional(),
    status: repeatedParam(runStatusSchema, RUN_STATUSES.length)
      .optional()
      .meta({ description: 'Only in this status; repeated, in one of these.' }),
    tag: repeatedParam(z.string().min(1).max(MAX_TAG_LENGTH), MAX_TAGS)
      .optional()
      .meta({ description: 'Only with this tag; repeated, with all of these.' }),
    by: textParam('Only with this `createdBy`, or with one of this short name.').optional(),
    from: timeParam(
      'Only created at this time or later. A child run counts as its parent.',
    ).optional(),
    to: timeParam('Only created before this time. A child run counts as its parent.').optional(),
    name: textParam('Only of pipelines whose name contains this text, in any case.').optional(),
    q: textParam(
      'Only with all of these words, in any case: in `pipeline#number`, id, project, version, tags, note or `createdBy`.',
    ).optional(),
    archived: z.enum(['exclude', 'include', 'only']).default('exclude').meta({
      description: 'Whether the list has archived runs. Those with `id` and `number` have.',
    }),
    sort: z.enum(['newest', 'oldest']).default('newest').meta({
      description: 'The order of creation. No other order has an index.',
    }),
    parent: runIdSchema.optional().meta({
      description:
        'Only child runs of the run with this id, in the order of their ids, which is not that of their creation.',
    }),
    number: numberParam('the number of a run', { minimum: 1, maximum: 999_999_999 })
      .optional()
      .meta({ description: 'The run of `pipeline` with this number; `project` is the exact one.' }),
    id: z
      .string()
      .regex(/^[0-9a-z]{1,26}$/, 'the prefix of an id has up to 26 letters and digits')
      .optional()
      .meta({
        description:
          'Runs whose id has this prefix, at most two: enough to see whether it identifies one run.',
      }),
    include: includeParam,
    ...pageParams,
  })
  .refine(
    ({ number, project, pipeline }) =>
      number === undefined || (project !== undefined && pipeline !== undefined),
    { message: 'a number needs the project and the pipeline of the run', path: ['pipeline'] },
  );

export function runRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listRunsRoute(api, ports);
  createRunRoute(api, ports);
  getRunRoute(api, ports);
  removeRunRoute(api, ports);
}

function listRunsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { queries } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs',
      operationId: 'listRuns',
      summary: 'Runs, newest first',
      request: { query: listQuery },
      responses: {
        200: jsonResponse(
          runPageSchema,
          'A page of runs. A page can be short or empty although another one follows.',
        ),
        ...notModifiedResponse,
        ...commonProblems,
      },
    }),
    async (c) => {
      const { id, number, limit: _, cursor, include = [], ...conditions } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const cursorFilters = { ...conditions, id, number };
      const position = runCursors.decode(cursor, cursorFilters);
      const { by, q, archived, sort, ...others } = conditions;
      const filter: RunFilter = {
        ...others,
        createdBy: by,
        text: q,
        order: sort,
        limit: limit + 1,
      };
      const page =
        number !== undefined
          ? { runs: await findNumberedRun(ports, filter, number), next: null }
          : id !== undefined
            ? { runs: await findRunsByPrefix(ports, id, filter), next: null }
            : await queries.runPage({
                ...filter,
                ...(position === undefined
                  ? {}
                  : { [sort === 'oldest' ? 'after' : 'before']: position }),
                ...(archived === 'include' ? {} : { archived: archived === 'only' }),
              });
      const encode = (last: RunId): string => runCursors.encode(last, cursorFilters);
      const documents = await runSummaryDocuments(ports, page.runs.slice(0, limit), include);
      const { items, next } = pageOf(
        page.runs,
        limit,
        (run) => encode(run.info.id),
        (run) => documents.get(run.info.id) ?? runSummaryDocument(run),
      );
      revalidated(c);
      // A short page: further runs were not read.
      const rest = page.runs.length > limit || page.next === null ? null : encode(page.next);
      return c.json({ items, next: next ?? rest }, 200);
    },
  );
}

function createRunRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { runs } = ports;
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/runs',
      operationId: 'createRun',
      summary: 'Start a run of a registered version',
      request: { headers: idempotencyHeaders, body: jsonBody(createRunSchema, true) },
      responses: {
        201: jsonResponse(runSummarySchema, 'The run as it was created.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...goneProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { project, pipeline: name, defaultQueue = null, ...request } = body;
      const { 'idempotency-key': key } = c.req.valid('header');
      // Checked before the key is claimed, so that a refused request leaves no record.
      const prepared = await prepareNewRun(ports, runs.newId(), {
        pipeline: { project, name },
        version: request.version,
        args: request.args,
        tags: request.tags,
        noCache: request.noCache,
        defaultQueue,
        evaluator: request.evaluator,
        createdBy: recordedCreator(ports.callerOf(c.env).principal),
      });
      const info = await withInputs(ports.objects, prepared, request.inputs);
      const id = await claimCreatedId(ports.idempotencyKeys, key, 'runs', body, info.id);
      const run = await runs.create({ ...info, id });
      return c.json(createdRunDocument(run.info), 201, { location: `/v1/runs/${id}` });
    },
  );
}

function getRunRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { links } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}',
      operationId: 'getRun',
      summary: 'One run',
      request: { params: runParams, query: z.strictObject({ include: includeParam }) },
      responses: {
        200: jsonResponse(runSchema, 'The run as it is now.'),
        ...notModifiedResponse,
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const run = await findRunOrThrow(ports, c.req.valid('param').run);
      const { include = [] } = c.req.valid('query');
      const { scalars, cost } = await includedParts(ports, run, include);
      const document = { ...(await runDocument(run, links)), scalars, cost };
      // A stored result has a signed link.
      if (document.result === null || !isStored(document.result)) revalidated(c);
      return c.json(document, 200);
    },
  );
}

function removeRunRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/runs/{run}',
      operationId: 'removeRun',
      summary:
        'Remove a terminal run with the objects that it and its steps wrote; values that other runs use stay until they expire',
      request: { params: runParams },
      responses: {
        204: { description: 'The run is removed.' },
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const run = await findRunOrThrow(ports, c.req.valid('param').run);
      await removeIfEnded(ports, run);
      return c.body(null, 204);
    },
  );
}

async function findNumberedRun(
  { queries }: ApiPorts,
  filter: RunFilter,
  number: number,
): Promise<readonly Run[]> {
  const { project, pipeline } = filter;
  if (project === undefined || pipeline === undefined) return [];
  const run = await queries.runNumbered({ project, name: pipeline }, number);
  return run !== undefined && matchesRun(run, filter) ? [run] : [];
}

async function findRunsByPrefix(
  { queries, tasks }: ApiPorts,
  id: string,
  filter: RunFilter,
): Promise<readonly Run[]> {
  const found = (
    await Promise.all((await queries.runsWithPrefix(id)).map((each) => tasks.run(each)))
  ).flatMap((run) => run ?? []);
  return found.filter((run) => matchesRun(run, filter));
}
