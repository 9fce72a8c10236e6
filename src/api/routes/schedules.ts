/**
 * Routes of schedules: list, read, add or replace, pause, remove.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { scheduleNameSchema } from '../../model/schedule.ts';
import {
  changeScheduleSchema,
  putScheduleSchema,
  schedulePageSchema,
  scheduleSchema,
} from '../../wire/schedules.ts';
import { createCursorCodec, namedPositionSchema, pageOf } from '../cursors.ts';
import type { ApiPorts } from '../ports.ts';
import { schemaProblem } from '../problems.ts';
import {
  bodyProblems,
  commonProblems,
  conflictProblem,
  jsonBody,
  jsonResponse,
  notFoundProblem,
  pageLimitOf,
  pageParams,
  textParam,
} from '../route-schemas.ts';
import { findScheduleOrThrow } from '../schedule-control.ts';
import { scheduleDocument } from '../schedule-documents.ts';

const scheduleCursors = createCursorCodec('schedules', namedPositionSchema);

const scheduleParams = z.strictObject({
  schedule: scheduleNameSchema.meta({ description: 'The name of a schedule.' }),
});
const projectQuery = z.strictObject({ project: textParam('The project of the schedule.') });

export function scheduleRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listSchedulesRoute(api, ports);
  putScheduleRoute(api, ports);
  getScheduleRoute(api, ports);
  changeScheduleRoute(api, ports);
  removeScheduleRoute(api, ports);
}

function listSchedulesRoute(api: OpenAPIHono, { schedules: { schedules }, clock }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/schedules',
      operationId: 'listSchedules',
      summary: 'Schedules by project and name, each with its last firing',
      request: {
        query: z.strictObject({
          project: textParam('Only of this project.').optional(),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(schedulePageSchema, 'A page of schedules.'),
        ...commonProblems,
      },
    }),
    async (c) => {
      const { project, cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const after = scheduleCursors.decode(cursor, project);
      const found = await schedules.schedules({ project, after, limit: limit + 1 });
      const documents = await Promise.all(
        found.map((each) => scheduleDocument(schedules, each, clock.now(), 1)),
      );
      const page = pageOf(
        documents,
        limit,
        ({ spec }) => scheduleCursors.encode({ project: spec.project, name: spec.name }, project),
        (each) => each,
      );
      return c.json(page, 200);
    },
  );
}

function putScheduleRoute(api: OpenAPIHono, { schedules, clock }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/schedules',
      operationId: 'putSchedule',
      summary: 'Add or replace a schedule; repeated, nothing changes',
      request: { body: jsonBody(putScheduleSchema, true) },
      responses: {
        200: jsonResponse(scheduleSchema, 'The schedule.'),
        ...commonProblems,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const { spec, replace, declared } = putScheduleSchema.parse(c.req.valid('json'));
      const schedule = await schedules.put(spec, { replace, declared });
      return c.json(await scheduleDocument(schedules.schedules, schedule, clock.now()), 200);
    },
    (result) => {
      if (!result.success) throw schemaProblem({ issues: ofSpec(result.error.issues) }, 'body');
    },
  );
}

/** A field of the spec is named as in all other messages about schedules: `cron`. */
const ofSpec = (issues: z.core.$ZodError['issues']): z.core.$ZodError['issues'] =>
  issues.map((issue) => {
    const [first, ...path] = issue.path;
    return first === 'spec' ? { ...issue, path } : issue;
  });

function getScheduleRoute(api: OpenAPIHono, { schedules, clock }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/schedules/{schedule}',
      operationId: 'getSchedule',
      summary: 'A schedule with its last firings',
      request: { params: scheduleParams, query: projectQuery },
      responses: {
        200: jsonResponse(scheduleSchema, 'The schedule.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { schedule: name } = c.req.valid('param');
      const { project } = c.req.valid('query');
      const schedule = await findScheduleOrThrow(schedules, { project, name });
      return c.json(await scheduleDocument(schedules.schedules, schedule, clock.now()), 200);
    },
  );
}

function changeScheduleRoute(api: OpenAPIHono, { schedules, clock }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/v1/schedules/{schedule}',
      operationId: 'changeSchedule',
      summary: 'Pause or resume a schedule',
      request: {
        params: scheduleParams,
        query: projectQuery,
        body: jsonBody(changeScheduleSchema, true),
      },
      responses: {
        200: jsonResponse(scheduleSchema, 'The changed schedule.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const { schedule: name } = c.req.valid('param');
      const { project } = c.req.valid('query');
      const { paused } = changeScheduleSchema.parse(c.req.valid('json'));
      const changed = await schedules.setPaused({ project, name }, paused);
      return c.json(await scheduleDocument(schedules.schedules, changed, clock.now()), 200);
    },
  );
}

function removeScheduleRoute(api: OpenAPIHono, { schedules }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/schedules/{schedule}',
      operationId: 'removeSchedule',
      summary: 'Remove a schedule with its firings; the runs that it started stay',
      request: { params: scheduleParams, query: projectQuery },
      responses: {
        204: { description: 'The schedule is removed, or there was none.' },
        ...commonProblems,
      },
    }),
    async (c) => {
      const { schedule: name } = c.req.valid('param');
      const { project } = c.req.valid('query');
      await schedules.remove({ project, name });
      return c.body(null, 204);
    },
  );
}
