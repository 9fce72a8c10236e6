/**
 * Routes of queues: which there are, how busy they are, and which runs wait in them.
 *
 * 1. The load is read only if a request includes it: in AWS each queue costs requests.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { toIsoTime, toIsoTimeOrNull } from '../../model/iso-time.ts';
import type { QueueLoad, QueueWaiter } from '../../ports/queue-loads.ts';
import {
  type QueueDocument,
  type QueueWaiters,
  queueListSchema,
  queueWaitersSchema,
} from '../../wire/service.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import { revalidated } from '../response-caching.ts';
import {
  busyProblem,
  commonProblems,
  jsonResponse,
  notFoundProblem,
  notModifiedResponse,
  unprocessableProblem,
} from '../route-schemas.ts';

/** Runs that are read at the same time. */
const MAX_PARALLEL_RUNS = 10;

export function queueRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listQueuesRoute(api, ports);
  listQueueWaitersRoute(api, ports);
}

function listQueuesRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/queues',
      operationId: 'listQueues',
      summary: 'Queues that steps run on',
      request: {
        query: z.strictObject({
          include: z.literal('load').optional().meta({
            description: '`load`: how many steps run and wait in each queue.',
          }),
        }),
      },
      responses: {
        200: jsonResponse(queueListSchema, 'All queues.'),
        ...notModifiedResponse,
        ...commonProblems,
        ...busyProblem,
      },
    }),
    async (c) => {
      revalidated(c);
      const { items } = ports.queues();
      const loads =
        c.req.valid('query').include === 'load'
          ? await ports.queueLoads?.loads(items.map(({ name }) => name))
          : undefined;
      return c.json(
        { items: items.map((queue) => ({ ...queue, load: loadDocument(loads?.get(queue.name)) })) },
        200,
      );
    },
  );
}

function loadDocument(load: QueueLoad | undefined): QueueDocument['load'] {
  if (load === undefined) return null;
  const { waitingSince, measuredAt, ...counts } = load;
  return {
    ...counts,
    waitingSince: toIsoTimeOrNull(waitingSince),
    measuredAt: toIsoTime(measuredAt),
  };
}

function listQueueWaitersRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/queues/{queue}/waiting',
      operationId: 'listQueueWaiters',
      summary: 'Runs whose steps wait in a queue',
      request: {
        params: z.object({ queue: z.string().meta({ description: 'The name of the queue.' }) }),
      },
      responses: {
        200: jsonResponse(queueWaitersSchema, 'The runs, the one that waits longest first.'),
        ...notModifiedResponse,
        ...commonProblems,
        ...notFoundProblem,
        ...unprocessableProblem,
        ...busyProblem,
      },
    }),
    async (c) => {
      const { queue } = c.req.valid('param');
      requireKnownQueue(ports, queue);
      const waiters = await ports.queueLoads?.waiters(queue);
      if (waiters === undefined)
        throw new ProblemError(
          422,
          `the steps that wait in the queue ${JSON.stringify(queue)} are not known: its platform does not list them`,
        );
      revalidated(c);
      return c.json(
        {
          items: await waiterDocuments(ports, waiters.items),
          partial: waiters.partial,
          measuredAt: toIsoTime(waiters.measuredAt),
        },
        200,
      );
    },
  );
}

/** @throws ProblemError */
function requireKnownQueue(ports: Pick<ApiPorts, 'queues'>, name: string): void {
  const { items, acceptsAnyName } = ports.queues();
  if (acceptsAnyName || items.some((queue) => queue.name === name)) return;
  throw new ProblemError(404, `there is no queue ${JSON.stringify(name)}`, [
    {
      in: 'path',
      field: 'queue',
      detail: `the queues are ${items.map((queue) => queue.name).join(', ')}`,
    },
  ]);
}

/** Without runs that were removed in the meantime. */
async function waiterDocuments(
  { tasks }: Pick<ApiPorts, 'tasks'>,
  waiters: readonly QueueWaiter[],
): Promise<QueueWaiters['items']> {
  const documents: QueueWaiters['items'] = [];
  for (let from = 0; from < waiters.length; from += MAX_PARALLEL_RUNS) {
    const read = await Promise.all(
      waiters.slice(from, from + MAX_PARALLEL_RUNS).map(async ({ run: id, waiting, since }) => {
        const run = await tasks.run(id);
        if (run === undefined) return [];
        const { pipeline, project, number, declaration } = run.info;
        const { addRunNumber } = declaration;
        return [
          { run: id, pipeline, project, number, addRunNumber, waiting, since: toIsoTime(since) },
        ];
      }),
    );
    documents.push(...read.flat());
  }
  return documents;
}
