/**
 * Pipelines and their versions: code is uploaded, versions are registered.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { Bundle, PipelineCode } from '../../model/code.ts';
import { versionSchema as versionNumber } from '../../model/ids.ts';
import type { PipelineName } from '../../ports/registry.ts';
import {
  pipelinePageSchema,
  type Register,
  registeredSchema,
  registerSchema,
  uploadListSchema,
  uploadsSchema,
  versionPageSchema,
  versionSchema,
} from '../../wire/pipelines.ts';
import type { FieldProblem } from '../../wire/service.ts';
import {
  bodyRefusals,
  conflict,
  json,
  jsonBody,
  limitOf,
  notFound,
  paging,
  refusals,
  textParam,
} from '../contract.ts';
import { cursors, pageOf } from '../cursors.ts';
import { linkDocument, time, versionDocument } from '../documents.ts';
import type { ApiPorts, RunnableVersion } from '../ports.ts';
import { invalid, ProblemError } from '../problems.ts';

const pipelinePlace = cursors(
  'pipelines',
  z.strictObject({ project: z.string(), name: z.string() }),
);
const versionPlace = cursors('versions', z.string());

const pipelineQuery = {
  project: textParam('The project of the pipeline.'),
  pipeline: textParam('The name of the pipeline.'),
};

export function versionRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  const { registry, objects, links, clock } = ports;

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/pipelines',
      operationId: 'listPipelines',
      summary: 'Pipelines by project and name',
      request: {
        query: z.strictObject({
          project: textParam('Only of this project.').optional(),
          ...paging,
        }),
      },
      responses: { 200: json(pipelinePageSchema, 'A page of pipelines.'), ...refusals },
    }),
    async (c) => {
      const { project, cursor } = c.req.valid('query');
      const limit = limitOf(c.req.valid('query'));
      const found = await registry.pipelines({
        project,
        after: pipelinePlace.read(cursor, project),
        limit: limit + 1,
      });
      const page = pageOf(
        found,
        limit,
        (last) => pipelinePlace.write({ project: last.project, name: last.name }, project),
        (each) => ({ ...each }),
      );
      return c.json(page, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/versions',
      operationId: 'listVersions',
      summary: 'The versions of a pipeline, highest first',
      request: { query: z.strictObject({ ...pipelineQuery, ...paging }) },
      responses: {
        200: json(versionPageSchema, 'A page of versions; none of a pipeline that is not known.'),
        ...refusals,
      },
    }),
    async (c) => {
      const { project, pipeline, cursor } = c.req.valid('query');
      const limit = limitOf(c.req.valid('query'));
      const found = await registry.versions(
        { project, name: pipeline },
        { before: versionPlace.read(cursor, [project, pipeline]), limit: limit + 1 },
      );
      const page = pageOf(
        found,
        limit,
        ({ version }) => versionPlace.write(version, [project, pipeline]),
        ({ version, codeHash, createdAt }) => ({
          version,
          codeHash,
          createdAt: createdAt === null ? null : time(createdAt),
        }),
      );
      return c.json(page, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/versions/{version}',
      operationId: 'showVersion',
      summary: 'One version of a pipeline: its parameters, options and components',
      request: {
        params: z.strictObject({
          version: versionNumber.meta({ type: 'string', pattern: '^\\d+(\\.\\d+){0,2}$' }),
        }),
        query: z.strictObject(pipelineQuery),
      },
      responses: { 200: json(versionSchema, 'The version.'), ...refusals, ...notFound },
    }),
    async (c) => {
      const { project, pipeline } = c.req.valid('query');
      const known = await registry.version(
        { project, name: pipeline },
        c.req.valid('param').version,
      );
      if (known === undefined)
        throw new ProblemError(
          404,
          `there is no version ${c.req.valid('param').version} of pipeline ${pipeline} in project ${project}`,
        );
      return c.json(versionDocument({ project, name: pipeline }, known), 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/uploads',
      operationId: 'createUploads',
      summary: 'Links to upload code by; code that is there already needs none',
      request: { body: jsonBody(uploadsSchema, true) },
      responses: {
        200: json(uploadListSchema, 'In the order of the request.'),
        ...refusals,
        ...bodyRefusals,
      },
    }),
    async (c) => {
      const items = await Promise.all(
        c.req.valid('json').code.map(async ({ hash, type, size }) => {
          const key = `code/${hash}.${type}`;
          return {
            key,
            upload: (await objects.exists(key))
              ? null
              : linkDocument(await links.write(key, { hash, size })),
          };
        }),
      );
      return c.json({ items }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/versions',
      operationId: 'registerVersion',
      summary: 'Register code that is uploaded as a version of a pipeline',
      request: { body: jsonBody(registerSchema, true) },
      responses: {
        201: json(registeredSchema, 'The version under which the code runs.'),
        ...refusals,
        ...conflict,
        ...bodyRefusals,
      },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { code, declaration, defaultQueue } = body;
      const problems = [...codeProblems(code), ...queueProblems(ports, body), ...ports.check(body)];
      if (problems.length === 0) problems.push(...(await missingCode(ports, code)));
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

/** The version that a run is to be made of: the highest, if none is named. @throws ProblemError */
export async function runnable(
  { registry }: ApiPorts,
  pipeline: PipelineName,
  version: string | undefined,
): Promise<RunnableVersion> {
  const number = version === undefined ? undefined : versionNumber.safeParse(version);
  if (number?.success === false)
    throw invalid('version', 'a version is up to three numbers, as in 1.2.3');
  const wanted = number?.data ?? (await registry.versions(pipeline, { limit: 1 }))[0]?.version;
  if (wanted === undefined)
    throw invalid(
      'pipeline',
      `project ${pipeline.project} has no pipeline ${JSON.stringify(pipeline.name)}`,
    );
  const known = await registry.version(pipeline, wanted);
  if (known === undefined)
    throw invalid(
      'version',
      `pipeline ${pipeline.name} of project ${pipeline.project} has no version ${wanted}`,
    );
  if (known.content === null)
    throw invalid('version', `of version ${wanted} only the name is on record: register its code`);
  return { version: known.version, content: known.content };
}

interface Part {
  readonly field: string;
  readonly bundle: Bundle;
}

const partsOf = ({ logic, components, serializers }: PipelineCode): readonly Part[] => [
  { field: 'code.logic', bundle: logic },
  ...components.map(({ bundle }, index) => ({ field: `code.components[${index}].bundle`, bundle })),
  ...(serializers === null ? [] : [{ field: 'code.serializers', bundle: serializers }]),
];

/** Code is known by its hash: a key that is none of it, or a hash of something else, would make one version's code another's. */
function codeProblems(code: PipelineCode): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const { field, bundle } of partsOf(code)) {
    const isKey =
      /^[0-9a-f]{64}$/.test(bundle.hash) &&
      (bundle.key === `code/${bundle.hash}.js` || bundle.key === `code/${bundle.hash}.mjs`);
    if (!isKey)
      problems.push({
        in: 'body',
        field: `${field}.key`,
        detail: 'the key of code is code/<hash>.js or code/<hash>.mjs',
      });
  }
  const identity = [
    code.logic.hash,
    code.components.map(({ id, bundle }) => [id, bundle.hash]),
    code.serializers?.hash ?? null,
  ];
  if (createHash('sha256').update(JSON.stringify(identity)).digest('hex') !== code.hash)
    problems.push({ in: 'body', field: 'code.hash', detail: 'it is not the hash of this code' });
  return problems;
}

function queueProblems(
  { queues }: ApiPorts,
  { declaration, components = [], defaultQueue }: Register,
): FieldProblem[] {
  const { items, runTokenApi } = queues();
  const named = [
    { field: 'declaration.defaultQueue', queue: declaration.defaultQueue },
    { field: 'defaultQueue', queue: defaultQueue ?? undefined },
    ...components.map(({ executionQueue }, index) => ({
      field: `components[${index}].executionQueue`,
      queue: executionQueue,
    })),
  ];
  if (runTokenApi) return [];
  const known = items.map(({ name }) => name);
  return named
    .filter(({ queue }) => queue !== undefined && !known.includes(queue))
    .map(({ field, queue }) => ({
      in: 'body',
      field,
      detail: `there is no queue ${JSON.stringify(queue)}: the queues are ${known.join(', ')}`,
    }));
}

const AT_ONCE = 20;

async function missingCode({ objects }: ApiPorts, code: PipelineCode): Promise<FieldProblem[]> {
  const parts = partsOf(code);
  const missing: FieldProblem[] = [];
  for (let i = 0; i < parts.length; i += AT_ONCE) {
    const found = await Promise.all(
      parts
        .slice(i, i + AT_ONCE)
        .map(async (part) => ({ ...part, there: await objects.exists(part.bundle.key) })),
    );
    for (const { field, there } of found)
      if (!there)
        missing.push({ in: 'body', field: `${field}.key`, detail: 'this code is not uploaded' });
  }
  return missing;
}
