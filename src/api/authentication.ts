/**
 * Authenticates the callers of the API.
 *
 * 1. This is the first middleware. It reads the path and the headers of a request only: the body of
 *    an unknown caller is neither read nor parsed nor validated.
 * 2. A path requires a caller unless it is listed here as open. A new route is closed by default.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { type RunId, runIdSchema } from '../model/ids.ts';
import type { ApiPorts } from './ports.ts';
import { ProblemError } from './problems.ts';

export const OPENAPI_PATH = '/openapi.json';
/** Routes below this path require the token of the run that they name. */
export const EVALUATIONS_PATH = '/evaluations';

const EVALUATED_RUN_PATTERN = /^\/evaluations\/v1\/([^/]+)(?:\/|$)/;

/**
 * @param authorize throws for a caller without access to the paths that require no run's token.
 *   Absent: they are authorized by API Gateway
 */
export const authenticateCaller =
  (
    { evaluations }: Pick<ApiPorts, 'evaluations'>,
    authorize: ((request: Request) => void) | undefined,
  ): MiddlewareHandler =>
  async ({ req }, next) => {
    const { path, method } = req;
    if (path === EVALUATIONS_PATH || path.startsWith(`${EVALUATIONS_PATH}/`))
      requireRunToken(
        evaluations.token,
        runIdSchema.safeParse(EVALUATED_RUN_PATTERN.exec(path)?.[1]).data,
        req.header('authorization'),
      );
    else if (path !== OPENAPI_PATH || (method !== 'GET' && method !== 'HEAD')) authorize?.(req.raw);
    await next();
  };

function requireRunToken(
  tokenOf: (run: RunId) => string,
  run: RunId | undefined,
  authorization = '',
): void {
  if (run !== undefined) {
    const actual = Buffer.from(authorization);
    const expected = Buffer.from(`Bearer ${tokenOf(run)}`);
    if (actual.length === expected.length && timingSafeEqual(actual, expected)) return;
  }
  const detail = 'it must be the evaluator token of this run, as in Bearer <token>';
  throw new ProblemError(401, `Authorization: ${detail}`, [
    { in: 'header', field: 'Authorization', detail },
  ]);
}
