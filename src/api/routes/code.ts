/**
 * Routes of code: the bundles of a run, and one bundle with the lines of its source.
 *
 * 1. A bundle is read only if the run or version that the request names uses it: no other object
 *    can be read.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { type Bundle, type PipelineCode, sourceFileOf } from '../../model/code.ts';
import { CodeMismatchError, verifiedCode } from '../../model/code-integrity.ts';
import { runIdSchema, versionSchema } from '../../model/ids.ts';
import { MAX_BUNDLE_BYTES } from '../../model/limits.ts';
import { codeKey, SOURCE_MAPS_EXTENSION } from '../../model/object-layout.ts';
import { sha256Schema } from '../../model/reported.ts';
import { type SourceFile, sourceLines } from '../../model/source-lines.ts';
import { parseSourceMaps } from '../../model/source-maps.ts';
import { ObjectMissingError, ObjectTooLargeError } from '../../ports/objects.ts';
import { type CodeDocument, codeSchema, runCodeSchema } from '../../wire/code.ts';
import { linkDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import {
  commonProblems,
  goneProblem,
  jsonResponse,
  notFoundProblem,
  runParams,
  stepParams,
  textParam,
} from '../route-schemas.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';

/** A longer bundle is read by its link. */
const MAX_TEXT_BYTES = 1_000_000;

const responses = {
  200: jsonResponse(codeSchema, 'The code.'),
  ...commonProblems,
  ...notFoundProblem,
  ...goneProblem,
};

export function codeRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listRunCodeRoute(api, ports);
  getStepCodeRoute(api, ports);
  getCodeRoute(api, ports);
}

interface Entry {
  readonly kind: CodeDocument['kind'];
  readonly name: string;
  readonly id: string;
  readonly bundle: Bundle;
}

/** The bundles of a pipeline: the logic first. */
const entriesOf = (code: PipelineCode): readonly Entry[] => [
  { kind: 'logic', name: code.name, id: code.id, bundle: code.logic },
  ...code.components.map(({ name, id, bundle }) => ({
    kind: 'component' as const,
    name,
    id,
    bundle,
  })),
  ...(code.serializers === null
    ? []
    : [
        {
          kind: 'serializers' as const,
          name: code.name,
          id: code.id,
          bundle: code.serializers,
        },
      ]),
];

function listRunCodeRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/code',
      operationId: 'listRunCode',
      summary: 'The bundles of a run, by which its code is compared with that of another run',
      request: { params: runParams },
      responses: {
        200: jsonResponse(runCodeSchema, 'The bundles.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { info } = await findRunOrThrow(ports, c.req.valid('param').run);
      return c.json(
        {
          hash: info.code.hash,
          bundles: entriesOf(info.code).map(({ kind, name, id, bundle: { hash, size } }) => ({
            ...{ hash, kind, name, id, size },
          })),
        },
        200,
      );
    },
  );
}

function getStepCodeRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/steps/{call}/code',
      operationId: 'getStepCode',
      summary: 'The code of a step: its bundle, and the lines of the source that it was made of',
      request: { params: stepParams },
      responses,
    }),
    async (c) => {
      const { run, call } = c.req.valid('param');
      const { info } = await findRunOrThrow(ports, run);
      const step = await findStepOrThrow(ports, run, call);
      const component = await ports.tasks.component(run, step.component);
      const entry = entriesOf(info.code).find(
        ({ kind, id }) => kind === 'component' && id === component?.declaration.id,
      );
      if (entry === undefined)
        throw new ProblemError(
          404,
          `step ${step.name} has no code of its own: it provides a model, or runs a pipeline`,
        );
      return c.json(await codeDocument(ports, info.code, entry), 200);
    },
  );
}

function getCodeRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/code/{hash}',
      operationId: 'getCode',
      summary: 'A bundle by its hash, of a run or a version that uses it',
      request: {
        params: z.strictObject({
          hash: sha256Schema.meta({ description: 'SHA-256 (hex) of the bundle.' }),
        }),
        query: z.strictObject({
          run: runIdSchema.optional().meta({ description: 'A run that uses the code.' }),
          project: textParam('With `pipeline` and `version`, in place of a run.').optional(),
          pipeline: textParam('The name of the pipeline.').optional(),
          version: versionSchema.optional(),
        }),
      },
      responses,
    }),
    async (c) => {
      const { hash } = c.req.valid('param');
      const code = await codeOf(ports, c.req.valid('query'));
      const entry = entriesOf(code).find(({ bundle }) => bundle.hash === hash);
      if (entry === undefined)
        throw new ProblemError(404, `no code of ${code.name} has the hash ${hash}`);
      return c.json(await codeDocument(ports, code, entry), 200);
    },
  );
}

interface CodeOwner {
  readonly run?: string | undefined;
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly version?: string | undefined;
}

/** All code of the run or version that the query names. */
async function codeOf(
  ports: ApiPorts,
  { run, project, pipeline, version }: CodeOwner,
): Promise<PipelineCode> {
  const isVersion = project !== undefined && pipeline !== undefined && version !== undefined;
  if ((run === undefined) !== isVersion || (run !== undefined && (project ?? pipeline ?? version)))
    throw new ProblemError(400, 'name a run, or the project, the pipeline and the version', [
      { in: 'query', field: 'run', detail: 'name a run, or a version' },
    ]);
  if (run !== undefined) return (await findRunOrThrow(ports, runIdSchema.parse(run))).info.code;
  const found = isVersion
    ? await ports.registry.version({ project, name: pipeline }, version)
    : undefined;
  const code = found?.content?.code;
  if (code === undefined)
    throw new ProblemError(
      404,
      `there is no code of version ${version} of pipeline ${pipeline} in project ${project}`,
    );
  return code;
}

async function codeDocument(
  ports: ApiPorts,
  code: PipelineCode,
  { kind, name, id, bundle }: Entry,
): Promise<CodeDocument> {
  const { hash, key, size } = bundle;
  const text = await readCode(ports, key, hash, MAX_BUNDLE_BYTES);
  if (text === undefined)
    throw new ProblemError(410, `the code of ${name} was removed, or is damaged`);
  const extension = key.endsWith('.js') ? 'js' : 'mjs';
  return {
    ...{ hash, kind, name, id, size },
    sources: (await sourcesOf(ports, code, hash, id)).map(({ file, parts }) => ({
      file,
      parts: [...parts],
    })),
    bundle: Buffer.byteLength(text) > MAX_TEXT_BYTES ? null : text,
    link: linkDocument(
      await ports.links.read(key, { filename: `${name}-${hash.slice(0, 8)}.${extension}` }),
    ),
  };
}

/** The lines of the source; those of the file with the declaration first. */
async function sourcesOf(
  ports: ApiPorts,
  { sourceMaps }: PipelineCode,
  hash: string,
  id: string,
): Promise<readonly SourceFile[]> {
  if (sourceMaps === undefined) return [];
  const key = codeKey(sourceMaps.hash, SOURCE_MAPS_EXTENSION);
  const text = await readCode(ports, key, sourceMaps.hash, MAX_BUNDLE_BYTES);
  const maps = text === undefined ? undefined : parseSourceMaps(text);
  if (maps === undefined) return [];
  const own = sourceFileOf({ id });
  return [...sourceLines(maps, hash)].sort(
    (a, b) => Number(b.file === own) - Number(a.file === own),
  );
}

/** Undefined if it is missing or damaged. */
async function readCode(
  { objects }: ApiPorts,
  key: string,
  hash: string,
  maxBytes: number,
): Promise<string | undefined> {
  try {
    return verifiedCode(await objects.get(key, maxBytes), { key, hash });
  } catch (error) {
    if (
      error instanceof ObjectMissingError ||
      error instanceof ObjectTooLargeError ||
      error instanceof CodeMismatchError
    )
      return undefined;
    throw error;
  }
}
