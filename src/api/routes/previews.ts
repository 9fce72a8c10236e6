/**
 * Previews of artifacts, models and results, decoded within limits.
 *
 * Names are parameters of the query: they may have slashes, which API Gateway decodes in paths.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { MAX_NAME_LENGTH } from '../../model/limits.ts';
import { isStored, type Value } from '../../model/value.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import { PreviewPathError } from '../../previews/errors.ts';
import { previewOf } from '../../previews/preview.ts';
import { type PreviewDocument, previewSchema } from '../../wire/previews.ts';
import { contentDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import {
  commonProblems,
  goneProblem,
  jsonResponse,
  notFoundProblem,
  numberParam,
  runParams,
  stepParams,
  textParam,
  unprocessableProblem,
} from '../route-schemas.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';

const DEFAULT_BYTES = 65_536;
const MAX_BYTES = 4_194_304;
const MAX_PATH_KEYS = 100;

const nameParam = (what: string) => textParam(`The name of ${what}.`, MAX_NAME_LENGTH).optional();
const previewParams = {
  artifact: nameParam('an artifact'),
  model: nameParam('a model, in place of an artifact'),
  bytes: numberParam('bytes', {
    minimum: 1,
    maximum: MAX_BYTES,
    default: DEFAULT_BYTES,
  })
    .optional()
    .meta({ description: 'The bytes of the content that are read, from its start.' }),
  path: z
    .string()
    .max(4000)
    .regex(/^(?:\/(?:[^~]|~[01])*)?$/s, 'a path is a JSON pointer: /rows/0/name')
    .refine(
      (path) => path.split('/').length <= MAX_PATH_KEYS,
      `a path has at most ${MAX_PATH_KEYS} keys`,
    )
    .optional()
    .meta({
      description:
        'A place inside the value, as a JSON pointer (RFC 6901): `/rows/0/name`. In a Map, the number of an entry.',
    }),
  from: numberParam('from', { minimum: 0, maximum: 999_999_999, default: 0 })
    .optional()
    .meta({ description: 'The first item of a list, or row of a table.' }),
  limit: numberParam('limit', { minimum: 1, maximum: 1000, default: 100 })
    .optional()
    .meta({ description: 'The most items or rows.' }),
};
const stepQuery = z.strictObject(previewParams);
const runQuery = z.strictObject({
  ...previewParams,
  result: z.enum(['true']).optional().meta({ description: 'The result of the run.' }),
});
type PreviewQuery = z.output<typeof runQuery>;

const responses = {
  200: jsonResponse(previewSchema, 'The start of the content, or of a value inside it.'),
  ...commonProblems,
  ...notFoundProblem,
  ...goneProblem,
  ...unprocessableProblem,
};

export function previewRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  stepPreviewRoute(api, ports);
  runPreviewRoute(api, ports);
}

function stepPreviewRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/preview',
      operationId: 'previewStepOutput',
      summary: 'The start of an artifact or model of a step',
      request: { params: stepParams, query: stepQuery },
      responses,
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      const query = c.req.valid('query');
      const what = selectionOf(query);
      await findRunOrThrow(ports, run);
      const step = await findStepOrThrow(ports, run, call);
      const items = what.kind === 'model' ? step.models : step.artifacts;
      const found = items.find(({ name }) => name === what.name);
      if (found === undefined)
        throw new ProblemError(404, `step ${step.name} has no ${what.kind} ${what.name}`);
      return c.json(await previewDocument(ports, found.name, found.value, query), 200);
    },
  );
}

function runPreviewRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/preview',
      operationId: 'previewRunOutput',
      summary: 'The start of an artifact, a model or the result of a run',
      request: { params: runParams, query: runQuery },
      responses,
    }),
    async (c) => {
      const query = c.req.valid('query');
      const what = selectionOf(query);
      const { info, head } = await findRunOrThrow(ports, c.req.valid('param').run);
      if (what.kind === 'result') {
        if (head.result === null) throw new ProblemError(404, `run ${info.id} has no result`);
        return c.json(await previewDocument(ports, 'result', head.result, query), 200);
      }
      const page = { name: what.name, limit: 1 };
      const [found] =
        what.kind === 'model'
          ? await ports.queries.runModels(info.id, page)
          : await ports.queries.runArtifacts(info.id, page);
      if (found === undefined)
        throw new ProblemError(404, `run ${info.id} has no ${what.kind} ${what.name}`);
      return c.json(await previewDocument(ports, found.name, found.value, query), 200);
    },
  );
}

/** What the query names. @throws ProblemError unless it is one thing */
function selectionOf({ artifact, model, result }: PreviewQuery) {
  const given = [
    ...(artifact === undefined ? [] : [{ kind: 'artifact' as const, name: artifact }]),
    ...(model === undefined ? [] : [{ kind: 'model' as const, name: model }]),
    ...(result === undefined ? [] : [{ kind: 'result' as const, name: 'result' }]),
  ];
  const [only, second] = given;
  if (only !== undefined && second === undefined) return only;
  const detail = 'name one artifact, model or result';
  throw new ProblemError(400, detail, [{ in: 'query', field: 'artifact', detail }]);
}

async function previewDocument(
  ports: ApiPorts,
  name: string,
  value: Value,
  query: PreviewQuery,
): Promise<PreviewDocument> {
  const path = query.path ?? '';
  try {
    const { content, truncated } = await previewOf(ports.objects, value, {
      name,
      path,
      bytes: query.bytes ?? DEFAULT_BYTES,
      from: query.from ?? 0,
      limit: query.limit ?? 100,
    });
    const document = await contentDocument(value, ports.links, name);
    return {
      name,
      format: value.format,
      size: isStored(value) ? value.size : Buffer.byteLength(value.text),
      path,
      truncated,
      content,
      link: 'link' in document ? document.link : null,
    };
  } catch (error) {
    if (error instanceof PreviewPathError)
      throw new ProblemError(error.isBehindRead ? 422 : 404, error.message, [
        { in: 'query', field: 'path', detail: error.message },
      ]);
    if (error instanceof ObjectMissingError)
      throw new ProblemError(410, `the content of ${name} was removed, or has expired`);
    throw error;
  }
}
