/**
 * Pipelines and their versions: code is uploaded, versions are registered.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { requireSameProject } from '../../model/child-pipeline.ts';
import { type Bundle, codeIdentity, type PipelineCode } from '../../model/code.ts';
import { VERSION_PATTERN, versionSchema } from '../../model/ids.ts';
import { toIsoTimeOrNull } from '../../model/iso-time.ts';
import { codeKey, isCodeKey } from '../../model/object-layout.ts';
import {
  createUploadsSchema,
  pipelinePageSchema,
  type RegisterVersion,
  registeredVersionSchema,
  registerVersionSchema,
  versionDocumentSchema,
  versionPageSchema,
} from '../../wire/pipelines.ts';
import type { FieldProblem } from '../../wire/service.ts';
import { uploadListSchema } from '../../wire/uploads.ts';
import { createCursorCodec, namedPositionSchema, pageOf } from '../cursors.ts';
import { versionDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import { immutable, revalidated } from '../response-caching.ts';
import {
  bodyProblems,
  commonProblems,
  conflictProblem,
  jsonBody,
  jsonResponse,
  notFoundProblem,
  notModifiedResponse,
  pageLimitOf,
  pageParams,
  textParam,
} from '../route-schemas.ts';
import { uploadsOf } from '../uploads.ts';

const pipelineCursors = createCursorCodec('pipelines', namedPositionSchema);
const versionCursors = createCursorCodec('versions', versionSchema);

const pipelineQuery = {
  project: textParam('The project of the pipeline.'),
  pipeline: textParam('The name of the pipeline.'),
};

export function versionRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listPipelinesRoute(api, ports);
  listVersionsRoute(api, ports);
  getVersionRoute(api, ports);
  createUploadsRoute(api, ports);
  registerVersionRoute(api, ports);
}

function listPipelinesRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { registry } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/pipelines',
      operationId: 'listPipelines',
      summary: 'Pipelines by project and name',
      request: {
        query: z.strictObject({
          project: textParam('Only of this project.').optional(),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(pipelinePageSchema, 'A page of pipelines.'),
        ...notModifiedResponse,
        ...commonProblems,
      },
    }),
    async (c) => {
      const { project, cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const found = await registry.pipelines({
        project,
        after: pipelineCursors.decode(cursor, project),
        limit: limit + 1,
      });
      const page = pageOf(
        found,
        limit,
        (last) => pipelineCursors.encode({ project: last.project, name: last.name }, project),
        (each) => ({ ...each }),
      );
      revalidated(c);
      return c.json(page, 200);
    },
  );
}

function listVersionsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { registry } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/versions',
      operationId: 'listVersions',
      summary: 'The versions of a pipeline, highest first',
      request: { query: z.strictObject({ ...pipelineQuery, ...pageParams }) },
      responses: {
        200: jsonResponse(
          versionPageSchema,
          'A page of versions; none of a pipeline that is not known.',
        ),
        ...notModifiedResponse,
        ...commonProblems,
      },
    }),
    async (c) => {
      const { project, pipeline, cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const found = await registry.versions(
        { project, name: pipeline },
        { before: versionCursors.decode(cursor, [project, pipeline]), limit: limit + 1 },
      );
      const page = pageOf(
        found,
        limit,
        ({ version }) => versionCursors.encode(version, [project, pipeline]),
        ({ version, codeHash, createdAt }) => ({
          version,
          codeHash,
          createdAt: toIsoTimeOrNull(createdAt),
        }),
      );
      revalidated(c);
      return c.json(page, 200);
    },
  );
}

function getVersionRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { registry } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/versions/{version}',
      operationId: 'getVersion',
      summary: 'One version of a pipeline: its parameters, options and components',
      request: {
        params: z.strictObject({
          version: versionSchema.meta({ type: 'string', pattern: VERSION_PATTERN.source }),
        }),
        query: z.strictObject(pipelineQuery),
      },
      responses: {
        200: jsonResponse(versionDocumentSchema, 'The version.'),
        ...notModifiedResponse,
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { project, pipeline } = c.req.valid('query');
      const pipelineVersion = await registry.version(
        { project, name: pipeline },
        c.req.valid('param').version,
      );
      if (pipelineVersion === undefined)
        throw new ProblemError(
          404,
          `there is no version ${c.req.valid('param').version} of pipeline ${pipeline} in project ${project}`,
        );
      // The content is written once; without it, only the name is on record.
      if (pipelineVersion.content === null) revalidated(c);
      else immutable(c);
      return c.json(versionDocument({ project, name: pipeline }, pipelineVersion), 200);
    },
  );
}

function createUploadsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/uploads',
      operationId: 'createUploads',
      summary: 'Links for uploading code; stored code needs no upload',
      request: { body: jsonBody(createUploadsSchema, true) },
      responses: {
        200: jsonResponse(uploadListSchema, 'In the order of the request.'),
        ...commonProblems,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const { code } = c.req.valid('json');
      const items = await uploadsOf(
        ports,
        code.map((each) => ({ ...each, key: codeKey(each.hash, each.type) })),
      );
      return c.json({ items }, 200);
    },
  );
}

function registerVersionRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { registry, clock } = ports;
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/versions',
      operationId: 'registerVersion',
      summary: 'Register uploaded code as a version of a pipeline',
      request: { body: jsonBody(registerVersionSchema, true) },
      responses: {
        201: jsonResponse(registeredVersionSchema, 'The version under which the code runs.'),
        ...commonProblems,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { code, declaration, defaultQueue } = body;
      const problems = [
        ...codeProblems(code),
        ...queueProblems(ports, body),
        ...ports.versionProblems(body),
      ];
      if (problems.length === 0)
        problems.push(
          ...(await missingCodeProblems(ports, code)),
          ...(await childProblems(ports, body)),
        );
      const [first] = problems;
      if (first !== undefined)
        throw new ProblemError(422, `${first.field}: ${first.detail}`, problems);
      const pipeline = { project: declaration.project, name: declaration.name };
      const content = { code, declaration, defaultQueue, createdAt: clock.now() };
      const version = await registry.register(
        pipeline,
        declaration.version,
        code.hash,
        declaration.autoVersionBump,
        content,
      );
      return c.json(
        { project: pipeline.project, pipeline: pipeline.name, version, codeHash: code.hash },
        201,
      );
    },
  );
}

interface CodePart {
  readonly field: string;
  readonly bundle: Bundle;
}

const codeParts = ({ logic, components, serializers }: PipelineCode): readonly CodePart[] => [
  { field: 'code.logic', bundle: logic },
  ...components.map(({ bundle }, index) => ({ field: `code.components[${index}].bundle`, bundle })),
  ...(serializers === null ? [] : [{ field: 'code.serializers', bundle: serializers }]),
];

/**
 * Code is identified by its hash: a key that does not match the hash could refer to the code of
 * another version.
 */
function codeProblems(code: PipelineCode): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const { field, bundle } of codeParts(code)) {
    if (!isCodeKey(bundle.key, bundle.hash))
      problems.push({
        in: 'body',
        field: `${field}.key`,
        detail: 'the key of code is code/<hash>.js or code/<hash>.mjs',
      });
  }
  if (createHash('sha256').update(codeIdentity(code)).digest('hex') !== code.hash)
    problems.push({ in: 'body', field: 'code.hash', detail: 'it is not the hash of this code' });
  return problems;
}

function queueProblems(
  { queues }: ApiPorts,
  { declaration, components = [], defaultQueue }: RegisterVersion,
): FieldProblem[] {
  const { items, acceptsAnyName } = queues();
  const namedQueues = [
    { field: 'declaration.defaultQueue', queue: declaration.defaultQueue },
    { field: 'defaultQueue', queue: defaultQueue ?? undefined },
    ...components.map(({ executionQueue }, index) => ({
      field: `components[${index}].executionQueue`,
      queue: executionQueue,
    })),
  ];
  if (acceptsAnyName) return [];
  const queueNames = items.map(({ name }) => name);
  return namedQueues
    .filter(({ queue }) => queue !== undefined && !queueNames.includes(queue))
    .map(({ field, queue }) => ({
      in: 'body',
      field,
      detail: `there is no queue ${JSON.stringify(queue)}: the queues are ${queueNames.join(', ')}`,
    }));
}

/** Called pipelines are registered first, with this code, and belong to the same project. */
async function childProblems(
  { registry }: ApiPorts,
  { code, declaration }: z.output<typeof registerVersionSchema>,
): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  for (const [index, { name, project, version, codeHash }] of (code.children ?? []).entries()) {
    const field = `code.children[${index}]`;
    const found = await registry.version({ project, name }, version);
    if (found?.content == null || found.codeHash !== codeHash) {
      const detail = `pipeline ${name} of project ${project} has no version ${version} with this code: register it first`;
      problems.push({ in: 'body', field, detail });
      continue;
    }
    try {
      requireSameProject(found.content.declaration, { declaration });
    } catch (error) {
      problems.push({ in: 'body', field, detail: messageOf(error) });
    }
  }
  return problems;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const MAX_CONCURRENT_CHECKS = 20;

async function missingCodeProblems(
  { objects }: ApiPorts,
  code: PipelineCode,
): Promise<FieldProblem[]> {
  const parts = codeParts(code);
  const missing: FieldProblem[] = [];
  for (let i = 0; i < parts.length; i += MAX_CONCURRENT_CHECKS) {
    const checked = await Promise.all(
      parts.slice(i, i + MAX_CONCURRENT_CHECKS).map(async (part) => ({
        ...part,
        exists: (await objects.size(part.bundle.key)) !== undefined,
      })),
    );
    for (const { field, exists } of checked)
      if (!exists)
        missing.push({ in: 'body', field: `${field}.key`, detail: 'this code is not uploaded' });
  }
  for (const [index, { repository }] of code.components.entries())
    if (repository?.patch !== undefined && (await objects.size(repository.patch.key)) === undefined)
      missing.push({
        in: 'body',
        field: `code.components[${index}].repository.patch.key`,
        detail: 'this patch is not uploaded',
      });
  return missing;
}
