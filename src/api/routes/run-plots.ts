/**
 * The route of all plots of a run, so that a reader needs no request for each step.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import { readStepPlots } from '../../ports/reported-outputs.ts';
import type { AttemptPlot } from '../../ports/tasks.ts';
import { runPlotPageSchema } from '../../wire/plots.ts';
import { createCursorCodec, positionNumberSchema } from '../cursors.ts';
import { plotDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import {
  commonProblems,
  jsonResponse,
  notFoundProblem,
  pageLimitOf,
  pageParams,
  runParams,
} from '../route-schemas.ts';
import { findRunOrThrow } from './lookups.ts';

const STEPS_PER_READ = 200;
/** Steps that one request reads at most. */
const MAX_STEPS_PER_REQUEST = 2000;

interface Position {
  /** Steps before the position, in the order of `allSteps`. */
  readonly steps: number;
  /** Plots of the next step before the position. */
  readonly plots: number;
}

const cursors = createCursorCodec<Position>(
  'run plots',
  z.strictObject({ steps: positionNumberSchema, plots: positionNumberSchema }),
);

interface FoundPlots {
  readonly plots: readonly { readonly step: Step; readonly plot: AttemptPlot }[];
  readonly next: Position | null;
}

export function listRunPlotsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/plots',
      operationId: 'listRunPlots',
      summary:
        'Tables, images and confusion matrices that the steps of a run reported, of all attempts; of cached steps, those of their origins',
      request: { params: runParams, query: z.strictObject(pageParams) },
      responses: {
        200: jsonResponse(
          runPlotPageSchema,
          'A page of plots, in the order of calls. It can be short or empty although another one follows.',
        ),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      await findRunOrThrow(ports, run);
      const query = c.req.valid('query');
      const from = cursors.decode(query.cursor, [run]) ?? { steps: 0, plots: 0 };
      const { plots, next } = await readPlots(ports, run, from, pageLimitOf(query));
      const items = await Promise.all(
        plots.map(async ({ step, plot }) => ({
          ...(await plotDocument(plot, ports.links)),
          call: step.call,
          step: step.name,
        })),
      );
      return c.json({ items, next: next === null ? null : cursors.encode(next, [run]) }, 200);
    },
  );
}

async function readPlots(
  ports: ApiPorts,
  run: RunId,
  from: Position,
  limit: number,
): Promise<FoundPlots> {
  const found: { step: Step; plot: AttemptPlot }[] = [];
  let read = 0;
  let { steps: offset, plots: skipped } = from;
  while (read < MAX_STEPS_PER_REQUEST && found.length < limit) {
    const steps = await ports.queries.allSteps(run, STEPS_PER_READ, offset);
    for (const step of steps) {
      const plots = (await readStepPlots(ports, run, step)).slice(skipped);
      const room = limit - found.length;
      found.push(...plots.slice(0, room).map((plot) => ({ step, plot })));
      if (plots.length > room)
        return { plots: found, next: { steps: offset, plots: skipped + room } };
      offset += 1;
      skipped = 0;
    }
    read += steps.length;
    if (steps.length < STEPS_PER_READ) return { plots: found, next: null };
  }
  return { plots: found, next: { steps: offset, plots: 0 } };
}
