/**
 * Routes of registered models: list, read, publish, and change versions.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { Model } from '../../model/artifacts.ts';
import { runIdSchema } from '../../model/ids.ts';
import { issueSentence } from '../../model/issue-sentences.ts';
import { MAX_NAME_LENGTH, MAX_TAGS } from '../../model/limits.ts';
import {
  type ModelName,
  type ModelSelector,
  type ModelVersion,
  modelNameSchema,
  modelSelectorSchema,
} from '../../model/model-version.ts';
import type { Run } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import { selectVersion, tagsAfterChange } from '../../ports/model-registry.ts';
import { shownModelUse } from '../../ports/shown-model-use.ts';
import {
  changeModelSchema,
  modelUsePageSchema,
  modelVersionPageSchema,
  modelVersionSchema,
  publishModelSchema,
  registeredModelPageSchema,
} from '../../wire/models.ts';
import {
  createCursorCodec,
  itemsWithinPage,
  namedPositionSchema,
  pageOf,
  positionNumberSchema,
} from '../cursors.ts';
import { modelUseDocument, modelVersionDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { invalidField, ProblemError } from '../problems.ts';
import {
  bodyProblems,
  commonProblems,
  conflictProblem,
  jsonBody,
  jsonResponse,
  notFoundProblem,
  pageLimitOf,
  pageParams,
  textParam,
} from '../route-schemas.ts';
import { findRunOrThrow, findStepOrThrow } from './lookups.ts';

const modelCursors = createCursorCodec('registered-models', namedPositionSchema);
const useCursors = createCursorCodec(
  'model-uses',
  z.strictObject({ run: runIdSchema, call: positionNumberSchema }),
);
const versionCursors = createCursorCodec('model-versions', z.int().positive().max(999_999_999));

const modelQuery = {
  project: textParam('The project of the model.'),
  name: textParam('The name of the registered model.', MAX_NAME_LENGTH),
};
const versionParams = z.strictObject({
  modelVersion: modelSelectorSchema.meta({
    type: 'string',
    description: 'A number, `published` (the highest that is published) or `latest`.',
  }),
});

export function modelRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  listRegisteredModelsRoute(api, ports);
  listModelVersionsRoute(api, ports);
  getModelVersionRoute(api, ports);
  listModelUsesRoute(api, ports);
  publishModelRoute(api, ports);
  changeModelRoute(api, ports);
}

function listRegisteredModelsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { registry } = ports.models;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/registered-models',
      operationId: 'listRegisteredModels',
      summary: 'Registered models by project and name',
      request: {
        query: z.strictObject({
          project: textParam('Only of this project.').optional(),
          ...pageParams,
        }),
      },
      responses: {
        200: jsonResponse(registeredModelPageSchema, 'A page of models.'),
        ...commonProblems,
      },
    }),
    async (c) => {
      const { project, cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const found = await registry.models({
        project,
        after: modelCursors.decode(cursor, project),
        limit: limit + 1,
      });
      const page = pageOf(
        found,
        limit,
        (last) => modelCursors.encode({ project: last.project, name: last.name }, project),
        (each) => each,
      );
      return c.json(page, 200);
    },
  );
}

function listModelVersionsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { registry } = ports.models;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/model-versions',
      operationId: 'listModelVersions',
      summary: 'The versions of a registered model, highest first',
      request: { query: z.strictObject({ ...modelQuery, ...pageParams }) },
      responses: {
        200: jsonResponse(
          modelVersionPageSchema,
          'A page of versions; none of a model that is not known.',
        ),
        ...commonProblems,
      },
    }),
    async (c) => {
      const { project, name, cursor } = c.req.valid('query');
      const limit = pageLimitOf(c.req.valid('query'));
      const filters = [project, name];
      const before = versionCursors.decode(cursor, filters);
      const found = await registry.versions({ project, name }, { before, limit: limit + 1 });
      const items = itemsWithinPage(
        await Promise.all(
          found.slice(0, limit).map((each) => modelVersionDocument(each, ports.links)),
        ),
      );
      const last = items.at(-1);
      const next =
        found.length > items.length && last !== undefined
          ? versionCursors.encode(last.version, filters)
          : null;
      return c.json({ items, next }, 200);
    },
  );
}

function getModelVersionRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/model-versions/{modelVersion}',
      operationId: 'getModelVersion',
      summary: 'A version of a registered model, with a link to its file',
      request: { params: versionParams, query: z.strictObject(modelQuery) },
      responses: {
        200: jsonResponse(modelVersionSchema, 'The version.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const found = await findModelVersionOrThrow(
        ports,
        c.req.valid('query'),
        c.req.valid('param').modelVersion,
      );
      return c.json(await modelVersionDocument(found, ports.links), 200);
    },
  );
}

function listModelUsesRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/model-versions/{modelVersion}/uses',
      operationId: 'listModelUses',
      summary: 'The runs and steps that use a version, the newest run first',
      request: { params: versionParams, query: z.strictObject({ ...modelQuery, ...pageParams }) },
      responses: {
        200: jsonResponse(modelUsePageSchema, 'A page of uses. Removed runs have none.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { cursor, ...query } = c.req.valid('query');
      const limit = pageLimitOf(query);
      const { project, name, version } = await findModelVersionOrThrow(
        ports,
        query,
        c.req.valid('param').modelVersion,
      );
      const filters = [project, name, version];
      const found = await ports.queries.modelUses(
        { project, name, version },
        { before: useCursors.decode(cursor, filters), limit: limit + 1 },
      );
      const items = await Promise.all(
        found
          .slice(0, limit)
          .map(async (use) => modelUseDocument(await shownModelUse(ports.tasks, use))),
      );
      const last = found.length > limit ? items.at(-1) : undefined;
      const next =
        last === undefined ? null : useCursors.encode({ run: last.run, call: last.call }, filters);
      return c.json({ items, next }, 200);
    },
  );
}

function publishModelRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/model-versions',
      operationId: 'publishModel',
      summary:
        'Publish a model of a run as the next version of its name; repeated, the same version',
      request: { body: jsonBody(publishModelSchema, true) },
      responses: {
        201: jsonResponse(modelVersionSchema, 'The published version.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const body = publishModelSchema.parse(c.req.valid('json'));
      const run = await findRunOrThrow(ports, body.run);
      const step = body.call === null ? null : await findStepOrThrow(ports, body.run, body.call);
      const model = await findModelOrThrow(ports, run, step, body.model);
      const name = modelNameSchema.safeParse(body.name ?? body.model);
      const [issue] = name.error?.issues ?? [];
      if (!name.success)
        throw invalidField('name', issue === undefined ? 'it is no name' : issueSentence(issue));
      const { tags } = body;
      const published = await ports.models.publish({ run, step, model, name: name.data, tags });
      return c.json(await modelVersionDocument(published, ports.links), 201);
    },
  );
}

function changeModelRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/v1/model-versions/{modelVersion}',
      operationId: 'changeModelVersion',
      summary: 'Publish, unpublish or tag a version',
      request: {
        params: versionParams,
        query: z.strictObject(modelQuery),
        body: jsonBody(changeModelSchema, true),
      },
      responses: {
        200: jsonResponse(modelVersionSchema, 'The changed version.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const { published, ...tags } = changeModelSchema.parse(c.req.valid('json'));
      const found = await findModelVersionOrThrow(
        ports,
        c.req.valid('query'),
        c.req.valid('param').modelVersion,
      );
      if (tagsAfterChange(found.tags, tags).length > MAX_TAGS)
        throw invalidField('addTags', `a version has at most ${MAX_TAGS} tags`);
      const republished = published === true ? await ports.models.republish(found) : found;
      const changed = await ports.models.registry.change(found, found.version, {
        ...tags,
        ...(published === false ? { publishedAt: null } : {}),
      });
      return c.json(await modelVersionDocument(changed ?? republished, ports.links), 200);
    },
  );
}

/** @throws ProblemError */
async function findModelVersionOrThrow(
  { models: { registry } }: ApiPorts,
  model: ModelName,
  selector: ModelSelector,
): Promise<ModelVersion> {
  const found = await selectVersion(registry, model, selector);
  if (found !== undefined) return found;
  throw new ProblemError(
    404,
    `project ${model.project} has no model ${JSON.stringify(`${model.name}@${selector}`)}`,
    [{ in: 'path', field: 'modelVersion', detail: 'the model has no such version' }],
  );
}

/** @throws ProblemError */
async function findModelOrThrow(
  { queries }: ApiPorts,
  { info }: Run,
  step: Step | null,
  name: string,
): Promise<Model> {
  const found =
    step === null
      ? (await queries.runModels(info.id, { name, limit: 1 }))[0]
      : step.models.find((model) => model.name === name);
  if (found !== undefined) return found;
  const owner = step === null ? `run ${info.id} itself` : `step ${step.name} of run ${info.id}`;
  throw invalidField('model', `${owner} has no model ${JSON.stringify(name)}`);
}
