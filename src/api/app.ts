/**
 * The HTTP API: all its routes on one application, with its description at `/openapi.json`.
 *
 * 1. Whatever is wrong with a request is answered with a problem document that names the field, before anything is written.
 * 2. What happens here by mistake is answered with 500, told to `ports.failed`, and says nothing of its inside.
 *
 * @module
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { PROBLEM_JSON } from '../wire/service.ts';
import { createOpenApiDocument, type OpenApiDocument } from './openapi-document.ts';
import type { ApiPorts } from './ports.ts';
import { ProblemError, problemDocument, schemaProblem, toProblemError } from './problems.ts';
import { evaluationRoutes } from './routes/evaluations.ts';
import { runRoutes } from './routes/runs.ts';
import { serviceRoutes } from './routes/service.ts';
import { stepRoutes } from './routes/steps.ts';
import { versionRoutes } from './routes/versions.ts';

/** Below what a Lambda function takes, with room for how API Gateway wraps a body. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface ApiOptions {
  /** Lets a request pass or throws. In AWS nobody comes so far whom API Gateway did not let in. */
  readonly authorize?: ((request: Request) => void) | undefined;
  /** The routes that take a run's token are all that is there: whatever path a request has that nobody let in, it finds nothing else. */
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
    const problem = toProblemError(error) ?? malformedBodyProblem(error);
    if (problem !== undefined) return problemResponse(c, problem);
    ports.onError(error, { method: c.req.method, path: c.req.path });
    return problemResponse(
      c,
      new ProblemError(
        500,
        'it is on record; try again, and tell whoever runs this service if it goes on',
      ),
    );
  });
  api.notFound((c) =>
    problemResponse(
      c,
      new ProblemError(404, `there is nothing at ${c.req.path}: see /openapi.json`),
    ),
  );
  if (authorize !== undefined)
    api.use('/v1/*', async (c, next) => {
      authorize(c.req.raw);
      await next();
    });
  api.use('/v1', async (c, next) => {
    authorize?.(c.req.raw);
    await next();
  });
  api.use(requireJsonBody);
  api.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: rejectTooLargeBody }));
  if (onlyRoutes !== 'evaluations') {
    serviceRoutes(api, ports);
    versionRoutes(api, ports);
    runRoutes(api, ports);
    stepRoutes(api, ports);
  }
  evaluationRoutes(api, ports);
  let openApiDocument: OpenApiDocument | undefined;
  if (onlyRoutes === undefined)
    api.get('/openapi.json', (c) => {
      // It takes longer to write than all else that a start does.
      openApiDocument ??= createOpenApiDocument(api, ports.service.version);
      return c.json(openApiDocument, 200);
    });
  rejectOtherMethods(api);
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

const problemResponse = (c: Context, problem: ProblemError): Response =>
  c.body(JSON.stringify(problemDocument(problem)), problem.status, {
    'content-type': PROBLEM_JSON,
  });

/** What the framework throws before a route is reached. */
const malformedBodyProblem = (error: unknown): ProblemError | undefined =>
  error instanceof HTTPException && error.status === 400
    ? new ProblemError(400, 'the body is no JSON', [
        { in: 'body', field: '', detail: 'it is no JSON' },
      ])
    : undefined;

const rejectTooLargeBody = (): never => {
  throw new ProblemError(
    413,
    `a body may have ${MAX_BODY_BYTES} bytes: larger data is uploaded by links`,
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
      [{ in: 'header', field: 'Content-Type', detail: 'it is application/json' }],
    );
  await next();
};

/** A path that there is, asked with a method that it has not. */
function rejectOtherMethods(api: OpenAPIHono): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of api.routes)
    if (method !== 'ALL') methods.set(path, (methods.get(path) ?? new Set()).add(method));
  for (const [path, allowed] of methods) {
    const allow = [...allowed, ...(allowed.has('GET') ? ['HEAD'] : [])].sort().join(', ');
    api.all(path, (c) => {
      const response = problemResponse(c, new ProblemError(405, `${c.req.path} takes ${allow}`));
      response.headers.set('allow', allow);
      return response;
    });
  }
}
