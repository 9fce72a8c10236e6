/**
 * The route of the log of an attempt: pages in both directions, search, and the lines around one.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { isChildJob } from '../../model/child-run-ids.ts';
import type { RunId } from '../../model/ids.ts';
import { toIsoTime } from '../../model/iso-time.ts';
import { LOG_LEVELS, logLevelOf } from '../../model/log-levels.ts';
import { bodyBytes, MAX_LAMBDA_BODY_BYTES } from '../../model/service-limits.ts';
import { type Attempt, isTerminalAttempt, type Step } from '../../model/step.ts';
import { searchLog } from '../../ports/log-search.ts';
import type { LogLine, LogPage, Logs } from '../../ports/logs.ts';
import { findOriginStep } from '../../ports/reported-outputs.ts';
import { type LogLineDocument, logPageSchema } from '../../wire/logs.ts';
import { createCursorCodec, itemsWithin, positionNumberSchema } from '../cursors.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import {
  attemptParam,
  busyProblem,
  commonProblems,
  cursorParam,
  jsonResponse,
  notFoundProblem,
  numberParam,
  stepParams,
  textParam,
} from '../route-schemas.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';

export const MAX_LOG_LINES = 5000;

const logCursors = createCursorCodec(
  'log',
  z.strictObject({
    attempt: positionNumberSchema.positive(),
    /** Null: the start of a log that was not known yet. */
    from: z.string().max(500).nullable(),
  }),
);

/** Parameters of reading a log in both directions. */
export const logParams = {
  limit: numberParam('limit', { minimum: 1, maximum: MAX_LOG_LINES, default: 50 }).optional(),
  cursor: cursorParam.meta({ description: 'The `next` or `previous` of a page of this log.' }),
  from: z.enum(['start', 'end']).optional().meta({
    description: '`end`: the last lines. Default: `start`. Not together with `cursor`.',
  }),
  direction: z.enum(['forward', 'backward']).optional().meta({
    description:
      '`backward`: the lines before the cursor or position, the nearest ones. Default: `forward`, which includes the line at a position; with `from=end`, `backward`.',
  }),
  search: textParam('Only lines with this text, in any case of letters.', 500).optional(),
  level: z.enum(LOG_LEVELS).optional().meta({
    description: 'Only lines with this level or a more severe one.',
  }),
};

const logQuery = z.strictObject({
  attempt: attemptParam.meta({ description: 'Default: the last attempt.' }),
  ...logParams,
  position: textParam('The position of a line: reading starts there.', 100).optional(),
});
type LogQuery = z.output<typeof logQuery>;

export function stepLogRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { logs } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/logs',
      operationId: 'getStepLog',
      summary: 'The output of an attempt of a step, from its start, its end or a line',
      description:
        'A page has up to `limit` lines and about 1 MB. A search reads a part of a long log: continue with the cursor while `hasMore`.',
      request: { params: stepParams, query: logQuery },
      responses: {
        200: jsonResponse(logPageSchema, 'A page of lines.'),
        ...commonProblems,
        ...notFoundProblem,
        ...busyProblem,
      },
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      const query = c.req.valid('query');
      const isBackward = isBackwardQuery(query);
      await findRunOrThrow(ports, run);
      const step = await findStepWithLog(ports, run, call);
      const position = readPosition(query, [run, call]);
      const number = position?.attempt ?? query.attempt ?? step.attempts.at(-1)?.number;
      const attempt = step.attempts.find((each) => each.number === number);
      if (attempt === undefined)
        throw new ProblemError(
          404,
          number === undefined
            ? `step ${step.name} has no attempt yet`
            : `step ${step.name} has no attempt ${number}`,
        );
      const from = query.position ?? position?.from ?? null;
      const page =
        attempt.logStream === undefined
          ? pageWithoutLog(from, isWithoutLog(attempt, logs))
          : await searchLog(
              logs,
              attempt.logStream,
              {
                from,
                direction: isBackward ? 'backward' : 'forward',
                limit: query.limit ?? 50,
                ended: isTerminalAttempt(attempt),
                endedAt: attempt.endedAt,
              },
              query,
            );
      const fitting = fittingPage(page, isBackward);
      const cursorOf = (place: string | null) =>
        logCursors.encode({ attempt: attempt.number, from: place }, [run, call]);
      return c.json(
        {
          lines: [...fitting.lines],
          next: cursorOf(fitting.next),
          previous: fitting.previous === null ? null : cursorOf(fitting.previous),
          hasMore: fitting.more,
          complete: page.complete,
          size: page.size,
        },
        200,
      );
    },
  );
}

/** Whether a page is read backwards. @throws ProblemError for parameters that exclude each other */
export function isBackwardQuery({
  from,
  direction,
  cursor,
  position,
}: Pick<LogQuery, 'from' | 'direction' | 'cursor' | 'position'>): boolean {
  const given = { cursor, position, from };
  const [first, second] = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (first !== undefined && second !== undefined)
    throw invalidQuery(second, `not together with ${first}`);
  if (from === 'end' && direction === 'forward')
    throw invalidQuery('direction', 'no lines follow the end: omit it, or continue from `next`');
  return direction === 'backward' || from === 'end';
}

const invalidQuery = (field: string, detail: string): ProblemError =>
  new ProblemError(400, `${field}: ${detail}`, [{ in: 'query', field, detail }]);

function readPosition({ cursor, attempt }: LogQuery, filters: readonly unknown[]) {
  const position = logCursors.decode(cursor, filters);
  if (position !== undefined && attempt !== undefined && position.attempt !== attempt)
    throw invalidQuery('cursor', 'it belongs to the log of another attempt');
  return position;
}

interface FittingPage {
  readonly lines: readonly LogLineDocument[];
  readonly next: string | null;
  readonly previous: string | null;
  readonly more: boolean;
}

/** The lines that fit into a response: those next to where reading started. */
function fittingPage(
  page: Omit<LogPage, 'next'> & { readonly next: string | null },
  isBackward: boolean,
): FittingPage {
  const documents = page.lines.map(lineDocument);
  const inOrder = isBackward ? documents.toReversed() : documents;
  const fitting = itemsWithin(inOrder, MAX_LAMBDA_BODY_BYTES, bodyBytes);
  const kept = fitting.length === 0 ? inOrder.slice(0, 1) : fitting;
  const next = kept.length === documents.length ? undefined : inOrder[kept.length];
  if (next === undefined) return { ...page, lines: documents };
  const last = kept.at(-1);
  return isBackward
    ? { lines: kept.toReversed(), next: page.next, previous: last?.position ?? null, more: true }
    : { lines: kept, next: next.position, previous: page.previous, more: true };
}

function lineDocument({ position, at, text, continues }: LogLine): LogLineDocument {
  const level = logLevelOf(text);
  return {
    position,
    at: at === null ? null : toIsoTime(at),
    text,
    ...(level === undefined ? {} : { level }),
    ...(continues === undefined ? {} : { continues }),
  };
}

/** The log of an attempt that has none, or none that is known yet. */
const pageWithoutLog = (from: string | null, complete: boolean) => ({
  lines: [],
  next: from,
  previous: null,
  more: false,
  complete,
  size: null,
});

/**
 * Whether an attempt whose log is not known has none. The steps of child runs have none: their
 * output is that of the child run.
 */
const isWithoutLog = (attempt: Attempt, { mayNameStreamLater }: Logs): boolean =>
  isTerminalAttempt(attempt) &&
  (attempt.owner === undefined ||
    attempt.endedAt === undefined ||
    isChildJob(attempt.job.name) ||
    mayNameStreamLater?.(attempt.endedAt) !== true);

/** The step, or the one whose result it has: a cached step has no attempt of its own. */
async function findStepWithLog(ports: ApiPorts, run: RunId, call: number): Promise<Step> {
  const step = await findStepOrThrow(ports, run, call);
  if (step.status !== 'cached' || step.cachedFrom === null) return step;
  const origin = await findOriginStep(ports, step.cachedFrom);
  if (origin === undefined)
    throw new ProblemError(
      404,
      `step ${step.name} has no log: it has the result of step ${step.cachedFrom.step} of run ${step.cachedFrom.run}, which was removed or has expired`,
    );
  return origin.step;
}
