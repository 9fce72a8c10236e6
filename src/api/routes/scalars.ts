/**
 * Routes of one metric over the calls of a component, for tables and for the spread of a fan-out.
 *
 * The members of a group of the graph are calls of one component. Groups follow from the graph, which
 * clients have: they select the members of a group from the columns.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import type { MetricSummary } from '../../model/metric-summaries.ts';
import { readMetricSummaries } from '../../ports/reported-outputs.ts';
import { memberScalarsSchema, metricNamesSchema } from '../../wire/series.ts';
import { createCursorCodec, positionNumberSchema } from '../cursors.ts';
import type { ApiPorts } from '../ports.ts';
import {
  commonProblems,
  cursorParam,
  jsonResponse,
  notFoundProblem,
  numberParam,
  runParams,
  textParam,
} from '../route-schemas.ts';
import { findRunOrThrow } from './lookups.ts';
import { metricNameParam } from './series.ts';

const cursors = createCursorCodec('scalars', positionNumberSchema);

/** Calls that one request reads. */
const DEFAULT_CALLS = 200;
const MAX_CALLS = 500;

const membersQuery = {
  component: textParam('The name of the component.'),
  limit: numberParam('limit', { minimum: 1, maximum: MAX_CALLS, default: DEFAULT_CALLS })
    .optional()
    .meta({ description: 'The number of calls that the page is of.' }),
  cursor: cursorParam,
};

const nameOf = ({ title, series }: Pick<MetricSummary, 'title' | 'series'>): string =>
  JSON.stringify([title, series]);

export function scalarRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listMemberScalarsRoute(api, ports);
  listMetricNamesRoute(api, ports);
}

function listMemberScalarsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/scalars',
      operationId: 'listMemberScalars',
      summary:
        'The last, lowest and highest value of one metric for the calls of a component, in columns',
      request: {
        params: runParams,
        query: z.strictObject({
          title: metricNameParam.meta({ description: 'The title of the metric.' }),
          series: metricNameParam.meta({ description: 'The series of the metric.' }),
          ...membersQuery,
        }),
      },
      responses: {
        200: jsonResponse(
          memberScalarsSchema,
          'A page of calls. It can be short or empty although another one follows.',
        ),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const { title, series, ...query } = c.req.valid('query');
      const { members, next } = await readMembers(ports, run, query);
      const found = members.flatMap(({ call, metrics }) => {
        const metric = metrics.find((each) => each.title === title && each.series === series);
        return metric === undefined ? [] : [{ call, metric }];
      });
      return c.json(
        {
          title,
          series,
          calls: found.map(({ call }) => call),
          last: found.map(({ metric }) => metric.last),
          min: found.map(({ metric }) => metric.min),
          max: found.map(({ metric }) => metric.max),
          next,
        },
        200,
      );
    },
  );
}

function listMetricNamesRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/scalars/names',
      operationId: 'listMetricNames',
      summary: 'The metrics that the calls of a component reported',
      request: { params: runParams, query: z.strictObject(membersQuery) },
      responses: {
        200: jsonResponse(
          metricNamesSchema,
          'The metrics of a page of calls, in the order of their first points.',
        ),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const { members, next } = await readMembers(ports, run, c.req.valid('query'));
      const names = new Map<string, { title: string; series: string; calls: number }>();
      for (const { metrics } of members)
        for (const metric of metrics) {
          const key = nameOf(metric);
          const { title, series } = metric;
          names.set(key, { title, series, calls: (names.get(key)?.calls ?? 0) + 1 });
        }
      return c.json({ items: [...names.values()], next }, 200);
    },
  );
}

interface MembersQuery {
  readonly component: string;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

async function readMembers(
  ports: ApiPorts,
  run: RunId,
  { component, limit = DEFAULT_CALLS, cursor }: MembersQuery,
) {
  const { tasks } = ports;
  const filters = [run, component];
  const from = cursors.decode(cursor, filters) ?? 0;
  const calls = await tasks.callsNamed(run, component, from - 1, limit);
  // A step of another component can have this name.
  const steps = (await tasks.steps(run, calls)).filter((step) => step.component === component);
  const metrics = await readMetricSummaries(ports, run, steps);
  const last = calls.at(-1);
  return {
    members: steps.map(({ call }, index) => ({ call, metrics: metrics[index] ?? [] })),
    next: last === undefined || calls.length < limit ? null : cursors.encode(last + 1, filters),
  };
}
