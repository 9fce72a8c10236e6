/**
 * The route of the log of a run: what its logic, its callbacks and `logger.reportText` wrote.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { toIsoTime } from '../../model/iso-time.ts';
import { logLevelOf } from '../../model/log-levels.ts';
import { isTerminalRun } from '../../model/run.ts';
import { type RunLogLine, readRunLog } from '../../ports/run-log.ts';
import { type RunLogLineDocument, runLogPageSchema } from '../../wire/logs.ts';
import { createCursorCodec } from '../cursors.ts';
import type { ApiPorts } from '../ports.ts';
import {
  commonProblems,
  jsonResponse,
  notFoundProblem,
  runParams,
  textParam,
} from '../route-schemas.ts';
import { findRunOrThrow } from './lookups.ts';
import { isBackwardQuery, logParams } from './step-log.ts';

const runLogCursors = createCursorCodec('runLog', z.string().max(100));

export function runLogRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/log',
      operationId: 'getRunLog',
      summary: 'Lines of the logic, its callbacks and `logger.reportText`, by time',
      request: {
        params: runParams,
        query: z.strictObject({
          ...logParams,
          position: textParam('The position of a line: reading starts there.', 100).optional(),
        }),
      },
      responses: {
        200: jsonResponse(runLogPageSchema, 'A page of lines.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const isBackward = isBackwardQuery(query);
      const run = await findRunOrThrow(ports, c.req.valid('param').run);
      const { id } = run.info;
      const page = await readRunLog(
        ports.queries,
        run,
        ports.logs.callsPerRunLog,
        {
          from: query.position ?? runLogCursors.decode(query.cursor, [id]) ?? null,
          direction: isBackward ? 'backward' : 'forward',
          limit: query.limit ?? 50,
        },
        query,
      );
      return c.json(
        {
          lines: page.lines.map(lineDocument),
          next: runLogCursors.encode(page.next, [id]),
          previous: page.previous === null ? null : runLogCursors.encode(page.previous, [id]),
          hasMore: page.more,
          complete: isTerminalRun(run.head.status),
          omittedCalls: page.omittedCalls,
        },
        200,
      );
    },
  );
}

function lineDocument({ at, ...line }: RunLogLine): RunLogLineDocument {
  const level = logLevelOf(line.text);
  return { ...line, at: toIsoTime(at), ...(level === undefined ? {} : { level }) };
}
