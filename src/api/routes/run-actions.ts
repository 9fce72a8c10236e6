/**
 * Routes that request a change of a run: abort, resume, rerun, tags, and the evaluator's token.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { recordedCreator } from '../../model/run-creator.ts';
import { evaluatorTokenSchema } from '../../wire/evaluations.ts';
import {
  abortSchema,
  changeRunSchema,
  changeTagsSchema,
  rerunSchema,
  runSchema,
  runSummarySchema,
} from '../../wire/runs.ts';
import { createdRunDocument, runDocument } from '../documents.ts';
import { claimCreatedId } from '../idempotent-creates.ts';
import type { ApiPorts } from '../ports.ts';
import { invalidField, ProblemError } from '../problems.ts';
import {
  bodyProblems,
  commonProblems,
  conflictProblem,
  goneProblem,
  idempotencyHeaders,
  jsonBody,
  jsonResponse,
  notFoundProblem,
  runParams,
} from '../route-schemas.ts';
import {
  requireAcceptedEvaluator,
  requireRunnableVersion,
  requireTagCount,
  requireTagsAfter,
} from '../run-creation.ts';
import { withInputs } from '../run-inputs.ts';
import { findRunOrThrow } from './lookups.ts';
import { abortUnlessEnded, requireArchivable } from './run-changes.ts';

const acceptedChange = {
  202: jsonResponse(runSchema, 'The request is accepted for processing; the run as it was before.'),
};

export function runActionRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  abortRunRoute(api, ports);
  createEvaluatorTokenRoute(api, ports);
  resumeRunRoute(api, ports);
  rerunRunRoute(api, ports);
  changeTagsRoute(api, ports);
  changeRunRoute(api, ports);
}

function abortRunRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { links } = ports;
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/runs/{run}/abort',
      operationId: 'abortRun',
      summary: 'Request the abort of a run',
      request: { params: runParams, body: jsonBody(abortSchema, false) },
      responses: {
        ...acceptedChange,
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const run = await findRunOrThrow(ports, c.req.valid('param').run);
      const { reason } = abortSchema.parse(c.req.valid('json'));
      await abortUnlessEnded(ports, run, reason);
      return c.json(await runDocument(run, links), 202);
    },
  );
}

function createEvaluatorTokenRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/runs/{run}/evaluator-token',
      operationId: 'createEvaluatorToken',
      summary: 'A token for the external evaluation of a run that its caller evaluates',
      request: { params: runParams },
      responses: {
        200: jsonResponse(evaluatorTokenSchema, 'The token of the run.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const { info } = await findRunOrThrow(ports, c.req.valid('param').run);
      if (info.evaluatedBy !== 'caller')
        throw new ProblemError(
          409,
          `the engine or a job evaluates run ${info.id}: the caller does not have to`,
        );
      requireAcceptedEvaluator(ports, info.evaluatedBy);
      return c.json({ token: ports.evaluations.token(info.id) }, 200);
    },
  );
}

function resumeRunRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { runs, links } = ports;
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/runs/{run}/resume',
      operationId: 'resumeRun',
      summary: 'Continue a failed or aborted run; completed steps keep their values',
      request: { params: runParams },
      responses: {
        ...acceptedChange,
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const run = await findRunOrThrow(ports, c.req.valid('param').run);
      if (run.head.status === 'completed')
        throw new ProblemError(
          409,
          `run ${run.info.id} is completed: there is nothing to resume. Rerun it instead`,
        );
      requireAcceptedEvaluator(ports, run.info.evaluatedBy);
      await runs.resume(run);
      return c.json(await runDocument(run, links), 202);
    },
  );
}

function rerunRunRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { runs } = ports;
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/runs/{run}/rerun',
      operationId: 'rerunRun',
      summary:
        'Create a new run like an earlier one; it can adopt the calls that finished before a step',
      request: {
        params: runParams,
        headers: idempotencyHeaders,
        body: jsonBody(rerunSchema, false),
      },
      responses: {
        201: jsonResponse(runSummarySchema, 'The new run as it was created.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...goneProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const source = await findRunOrThrow(ports, c.req.valid('param').run);
      const body = rerunSchema.parse(c.req.valid('json'));
      const { from = null, keepCompleted = false, args, tags, noCache } = body;
      requireTagCount([...source.info.declaration.tags, ...tags]);
      // Only evaluation by a job is inherited: a rerun has no caller that evaluates its logic.
      if (source.info.evaluatedBy === 'job') requireAcceptedEvaluator(ports, 'job');
      if (from !== null && (await ports.tasks.callsNamed(source.info.id, from, -1, 1)).length === 0)
        throw invalidField('from', `run ${source.info.id} has no step ${JSON.stringify(from)}`);
      const pipeline = { project: source.info.project, name: source.info.pipeline };
      const version =
        body.version === undefined
          ? null
          : await requireRunnableVersion(ports, pipeline, body.version);
      const { 'idempotency-key': key } = c.req.valid('header');
      // Checked before the key is claimed, so that a refused request leaves no record.
      const prepared = runs.prepareRerun(source, {
        id: runs.newId(),
        from,
        keepCompleted,
        version,
        args,
        tags,
        noCache,
        createdBy: recordedCreator(ports.callerOf(c.env).principal),
      });
      const info = await withInputs(ports.objects, prepared, body.inputs);
      const scope = `reruns of ${source.info.id}`;
      const id = await claimCreatedId(ports.idempotencyKeys, key, scope, body, info.id);
      const run = await runs.create({ ...info, id });
      return c.json(createdRunDocument(run.info), 201, { location: `/v1/runs/${id}` });
    },
  );
}

function changeTagsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { runs, links } = ports;
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/v1/runs/{run}/tags',
      operationId: 'changeTags',
      summary: 'Add and remove tags of a run',
      request: { params: runParams, body: jsonBody(changeTagsSchema, true) },
      responses: {
        ...acceptedChange,
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const run = await findRunOrThrow(ports, c.req.valid('param').run);
      const { add, remove } = c.req.valid('json');
      requireTagsAfter(run, { add, remove });
      await runs.tag(run, { add, remove });
      return c.json(await runDocument(run, links), 202);
    },
  );
}

function changeRunRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { runs, links } = ports;
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/v1/runs/{run}',
      operationId: 'changeRun',
      summary: 'Change the note of a run, or hide it from lists',
      request: { params: runParams, body: jsonBody(changeRunSchema, true) },
      responses: {
        ...acceptedChange,
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const run = await findRunOrThrow(ports, c.req.valid('param').run);
      const change = c.req.valid('json');
      if (change.archived === true) requireArchivable(run);
      await runs.annotate(run, change);
      return c.json(await runDocument(run, links), 202);
    },
  );
}
