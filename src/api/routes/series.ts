/**
 * Routes of reduced metrics: what a chart of a step or of a run shows.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { MAX_METRIC_NAME_LENGTH } from '../../model/limits.ts';
import { pointsByMetric } from '../../model/metric-summaries.ts';
import {
  DEFAULT_SERIES_POINTS,
  MAX_SERIES_POINTS,
  MIN_SERIES_POINTS,
  SERIES_AXES,
  type SeriesRequest,
} from '../../model/reduced-series.ts';
import { curveOf, selectMetrics } from '../../ports/metric-curves.ts';
import { readRunPoints, readStepCurves } from '../../ports/reported-outputs.ts';
import type { MetricSelection } from '../../ports/tasks.ts';
import { type SeriesDocument, type SeriesPage, seriesPageSchema } from '../../wire/series.ts';
import { itemsWithinPage } from '../cursors.ts';
import { ownerOf, seriesDocument } from '../metric-documents.ts';
import { offsetCursors } from '../offset-pages.ts';
import type { ApiPorts } from '../ports.ts';
import {
  commonProblems,
  jsonResponse,
  notFoundProblem,
  numberParam,
  pageLimitOf,
  pageParams,
  runParams,
  stepParams,
} from '../route-schemas.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';

const seriesCursors = offsetCursors('series');

export const metricNameParam = z.string().max(MAX_METRIC_NAME_LENGTH);

const boundParam = (description: string) =>
  z
    .string()
    .regex(/^-?\d{1,20}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,3})?$/, 'a bound of x is a number')
    .transform(Number)
    .refine(Number.isFinite, 'a bound of x is a finite number')
    .optional()
    .meta({ type: 'number', description });

const seriesQuery = z.strictObject({
  title: metricNameParam.optional().meta({ description: 'Only metrics with this title.' }),
  series: metricNameParam.optional().meta({ description: 'Only metrics with this series.' }),
  x: z.enum(SERIES_AXES).default('iteration').meta({
    description:
      '`iteration`, `relative` (milliseconds since the first point of the metric) or `time` (milliseconds since the epoch).',
  }),
  points: numberParam('the number of points', {
    minimum: MIN_SERIES_POINTS,
    maximum: MAX_SERIES_POINTS,
    default: DEFAULT_SERIES_POINTS,
  }).optional(),
  from: boundParam('Only points from this x on: a part of the metric with more detail.'),
  to: boundParam('Only points up to this x.'),
  ...pageParams,
});
type SeriesQuery = z.infer<typeof seriesQuery>;

export function seriesRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  getStepSeriesRoute(api, ports);
  getRunSeriesRoute(api, ports);
}

const SERIES_DESCRIPTION =
  'A page of metrics, in the order of their first points. It can have fewer than `limit`.';

function getStepSeriesRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/series',
      operationId: 'listStepSeries',
      summary:
        'Metrics that the last attempt of a step reported, reduced to the points of a chart; of a cached step, those of its origin',
      request: { params: stepParams, query: seriesQuery },
      responses: {
        200: jsonResponse(seriesPageSchema, SERIES_DESCRIPTION),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const step = await findStepOrThrow(ports, run, call);
      const owner = { call, step: step.name };
      const page = await seriesPage(
        c.req.valid('query'),
        [run, call],
        async (selection, request) => {
          const { items, more } = await readStepCurves(ports, run, step, selection, request);
          return { items: items.map((curve) => seriesDocument(curve, owner)), more };
        },
      );
      return c.json(page, 200);
    },
  );
}

function getRunSeriesRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/series',
      operationId: 'listRunSeries',
      summary:
        'Metrics of the run itself, reduced to the points of a chart: those of the logic, and each monitored metric of each step',
      request: { params: runParams, query: seriesQuery },
      responses: {
        200: jsonResponse(seriesPageSchema, SERIES_DESCRIPTION),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const metrics = pointsByMetric(await readRunPoints(ports, run), ({ call }) => call);
      const page = await seriesPage(c.req.valid('query'), [run], async (selection, request) => {
        const { items, more } = selectMetrics(metrics, selection);
        return {
          items: items.map((metric) =>
            seriesDocument(curveOf(metric, request), ownerOf(metric.points[0])),
          ),
          more,
        };
      });
      return c.json(page, 200);
    },
  );
}

/** @param scope what a cursor is valid for, beside the query */
async function seriesPage(
  { title, series, x, points = DEFAULT_SERIES_POINTS, from, to, ...page }: SeriesQuery,
  scope: readonly (string | number)[],
  read: (
    selection: MetricSelection,
    request: SeriesRequest,
  ) => Promise<{ readonly items: readonly SeriesDocument[]; readonly more: boolean }>,
): Promise<SeriesPage> {
  const filters = [...scope, title, series, x, points, from, to];
  const start = seriesCursors.decode(page.cursor, filters) ?? 0;
  const found = await read(
    { title, series, from: start, limit: pageLimitOf(page) },
    { x, points, from, to },
  );
  const items = itemsWithinPage(found.items);
  return {
    items,
    next:
      found.more || items.length < found.items.length
        ? seriesCursors.encode(start + items.length, filters)
        : null,
  };
}
