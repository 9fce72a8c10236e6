/**
 * The HTTP API: all routes on one application, described at `/openapi.json`.
 *
 * 1. The caller is authenticated before the body of the request is read.
 * 2. A request is checked before anything is written. An invalid request is answered with a problem
 *    document that names the field.
 * 3. An unexpected error is reported to `ports.onError` and answered with 500. The response shows
 *    no internal details.
 * 4. A response is stored by no cache, unless its route permits the caller's own (`response-caching.ts`).
 *
 * @module
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { findInexactNumber } from '../model/exact-numbers.ts';
import { MAX_BODY_BYTES } from '../model/limits.ts';
import { authenticateCaller, OPENAPI_PATH } from './authentication.ts';
import { createOpenApiDocument, type OpenApiDocument } from './openapi-document.ts';
import type { ApiPorts } from './ports.ts';
import { ProblemError, problemResponse, schemaProblem, toProblemError } from './problems.ts';
import { cachePolicy, NotModified } from './response-caching.ts';
import { artifactRoutes } from './routes/artifacts.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { cacheRoutes } from './routes/cache.ts';
import { codeRoutes } from './routes/code.ts';
import { evaluationRoutes } from './routes/evaluations.ts';
import { inputRoutes } from './routes/inputs.ts';
import { modelRoutes } from './routes/models.ts';
import { previewRoutes } from './routes/previews.ts';
import { queueRoutes } from './routes/queues.ts';
import { runActionRoutes } from './routes/run-actions.ts';
import { runEventsRoute } from './routes/run-events.ts';
import { runLogRoute } from './routes/run-log.ts';
import { runStateRoutes } from './routes/run-state.ts';
import { runRoutes } from './routes/runs.ts';
import { scalarRoutes } from './routes/scalars.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { seriesRoutes } from './routes/series.ts';
import { serviceRoutes } from './routes/service.ts';
import { signalRoutes } from './routes/signals.ts';
import { stepOutputRoutes } from './routes/step-output.ts';
import { stepRoutes } from './routes/steps.ts';
import { summaryRoutes } from './routes/summaries.ts';
import { versionRoutes } from './routes/versions.ts';

export interface ApiOptions {
  /**
   * Throws for a caller without access; reads no body. Absent in AWS, where API Gateway has
   * authorized the request.
   */
  readonly authorize?: ((request: Request) => void) | undefined;
  /**
   * Only the routes that check a run's token exist. Requests that no one authorized are served by
   * such an application, so that no path reaches another route.
   */
  readonly onlyRoutes?: 'evaluations' | undefined;
}

/** @example const api = createApi(ports); const answer = await api.request('/v1/runs?limit=10'); */
export function createApi(
  ports: ApiPorts,
  { authorize, onlyRoutes }: ApiOptions = {},
): OpenAPIHono {
  const api = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success)
        throw schemaProblem(result.error, FIELD_LOCATIONS[result.target] ?? 'body');
    },
  });
  api.onError((error, c) => {
    if (error instanceof NotModified) return error.response();
    const problem = toProblemError(error) ?? malformedBodyProblem(error);
    if (problem !== undefined) return problemResponse(problem);
    ports.onError(error, { method: c.req.method, path: c.req.path });
    return problemResponse(
      new ProblemError(
        500,
        'an unexpected error, which was logged: try again, and report it to the operator if it persists',
      ),
    );
  });
  api.notFound(({ req }) => problemResponse(unknownRoute(req.path)));
  api.use(cachePolicy);
  api.use(authenticateCaller(ports, onlyRoutes === 'evaluations' ? rejectUnknownRoute : authorize));
  const methods = new Map<string, Set<string>>();
  api.use(rejectOtherMethodsOfLiteralPaths(methods));
  api.use(requireJsonBody);
  api.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: rejectTooLargeBody }));
  api.use(rejectInexactNumbers);
  if (onlyRoutes !== 'evaluations') {
    serviceRoutes(api, ports);
    queueRoutes(api, ports);
    versionRoutes(api, ports);
    inputRoutes(api, ports);
    runRoutes(api, ports);
    runActionRoutes(api, ports);
    runStateRoutes(api, ports);
    bulkRoutes(api, ports);
    signalRoutes(api, ports);
    stepRoutes(api, ports);
    stepOutputRoutes(api, ports);
    seriesRoutes(api, ports);
    scalarRoutes(api, ports);
    summaryRoutes(api, ports);
    artifactRoutes(api, ports);
    previewRoutes(api, ports);
    codeRoutes(api, ports);
    runEventsRoute(api, ports);
    runLogRoute(api, ports);
    cacheRoutes(api, ports);
    modelRoutes(api, ports);
    scheduleRoutes(api, ports);
  }
  evaluationRoutes(api, ports);
  let openApiDocument: OpenApiDocument | undefined;
  if (onlyRoutes === undefined)
    api.get(OPENAPI_PATH, (c) => {
      // Generating it takes longer than the rest of a cold start.
      openApiDocument ??= createOpenApiDocument(api, ports.service.version);
      return c.json(openApiDocument, 200);
    });
  rejectOtherMethods(api, methods);
  return api;
}

const FIELD_LOCATIONS = {
  json: 'body',
  query: 'query',
  param: 'path',
  header: 'header',
  form: 'body',
  cookie: 'header',
} as const;

/** The error that the framework throws for malformed JSON, before a route is reached. */
const malformedBodyProblem = (error: unknown): ProblemError | undefined =>
  error instanceof HTTPException && error.status === 400
    ? new ProblemError(400, 'the body is not JSON', [
        { in: 'body', field: '', detail: 'it is not JSON' },
      ])
    : undefined;

const unknownRoute = (path: string): ProblemError =>
  new ProblemError(404, `no route for ${path}: see ${OPENAPI_PATH}`);

const rejectUnknownRoute = ({ url }: Request): never => {
  throw unknownRoute(new URL(url).pathname);
};

const rejectTooLargeBody = (): never => {
  throw new ProblemError(
    413,
    `a body has at most ${MAX_BODY_BYTES} bytes: upload larger data by links`,
  );
};

const requireJsonBody: MiddlewareHandler = async (c, next) => {
  const type = c.req.header('content-type');
  const hasBody =
    type !== undefined ||
    c.req.header('transfer-encoding') !== undefined ||
    Number(c.req.header('content-length') ?? 0) > 0;
  if (
    c.req.method !== 'GET' &&
    c.req.method !== 'HEAD' &&
    hasBody &&
    !/^application\/json\s*(?:;|$)/i.test(type ?? '')
  )
    throw new ProblemError(
      415,
      `the body is ${type === undefined ? 'of no type' : type}: send application/json`,
      [{ in: 'header', field: 'Content-Type', detail: 'it must be application/json' }],
    );
  await next();
};

/** A number that `JSON.parse` would change is refused, as on the command line. */
const rejectInexactNumbers: MiddlewareHandler = async (c, next) => {
  if (c.req.header('content-type') !== undefined) {
    const found = findInexactNumber(await c.req.text());
    if (found !== undefined)
      throw new ProblemError(400, `${found.path}: the number is ${found.reason}`, [
        { in: 'body', field: found.path, detail: `the number is ${found.reason}` },
      ]);
  }
  await next();
};

/**
 * Answers 405 for a path without parameters that lacks the method, before a pattern of another
 * route takes the path: `PATCH /v1/runs/remove` is not a change of the run `remove`.
 */
const rejectOtherMethodsOfLiteralPaths =
  (methods: ReadonlyMap<string, ReadonlySet<string>>): MiddlewareHandler =>
  async ({ req }, next) => {
    const allowed = methods.get(req.path);
    const method = req.method === 'HEAD' ? 'GET' : req.method;
    if (allowed !== undefined && !allowed.has(method)) return otherMethod(req.path, allowed);
    return await next();
  };

/**
 * Answers 405 for a known path with a method that it does not have.
 *
 * @param methods the methods of each path, filled here
 */
function rejectOtherMethods(api: OpenAPIHono, methods: Map<string, Set<string>>): void {
  for (const { path, method } of api.routes)
    if (method !== 'ALL') methods.set(path, (methods.get(path) ?? new Set()).add(method));
  for (const [path, allowed] of methods) api.all(path, (c) => otherMethod(c.req.path, allowed));
}

function otherMethod(path: string, allowed: ReadonlySet<string>): Response {
  const allow = [...allowed, ...(allowed.has('GET') ? ['HEAD'] : [])].sort().join(', ');
  const response = problemResponse(new ProblemError(405, `${path} takes ${allow}`));
  response.headers.set('allow', allow);
  return response;
}
