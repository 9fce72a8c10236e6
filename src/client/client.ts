/**
 * The typed client of the API, for the command line and for programs.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  type AbortRuns,
  type ArchiveRuns,
  bulkOutcomeSchema,
  type ChangeTagsOfRuns,
  type RemoveRuns,
} from '../wire/bulk.ts';
import { evaluatorTokenSchema } from '../wire/evaluations.ts';
import type { CreateInputUploads } from '../wire/inputs.ts';
import { logPageSchema } from '../wire/logs.ts';
import {
  type ChangeModel,
  modelUsePageSchema,
  modelVersionPageSchema,
  modelVersionSchema,
  type PublishModel,
  registeredModelPageSchema,
} from '../wire/models.ts';
import {
  type CreateUploads,
  pipelinePageSchema,
  type RegisterVersion,
  registeredVersionSchema,
  registerVersionSchema,
  versionDocumentSchema,
  versionPageSchema,
} from '../wire/pipelines.ts';
import { plotPageSchema, runPlotPageSchema } from '../wire/plots.ts';
import {
  artifactPageSchema,
  type ChangeRun,
  type ChangeTags,
  type CreateRun,
  modelPageSchema,
  pointPageSchema,
  type Rerun,
  runModelPageSchema,
  runPageSchema,
  runPointPageSchema,
  runSchema,
  runSummarySchema,
  type SendSignal,
} from '../wire/runs.ts';
import {
  cachePageSchema,
  meSchema,
  queueListSchema,
  removedCountSchema,
  serviceSchema,
} from '../wire/service.ts';
import {
  cacheExplanationDocumentSchema,
  logicTextPageSchema,
  parentPageSchema,
  stepPageSchema,
  stepSchema,
  textPageSchema,
} from '../wire/steps.ts';
import { uploadListSchema } from '../wire/uploads.ts';
import type { LinkDocument, Page } from '../wire/values.ts';
import type {
  CacheFilter,
  CreateOptions,
  LogQuery,
  ModelQuery,
  NameFilter,
  PageQuery,
  RunFilter,
} from './queries.ts';
import { RunStateClient } from './run-state-client.ts';
import { ScheduleClient } from './schedule-client.ts';
import type { FileUploadOptions } from './send-file.ts';
import { Transport, type TransportOptions } from './transport.ts';

/**
 * @example
 * const client = createClient({ endpoint: 'https://…/prod', sign: sigV4({}) });
 * const { id } = await client.createRun({ project: 'examples', pipeline: 'iris', args: { url } });
 */
export const createClient = (options: TransportOptions): Client => new Client(options);

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * One method for each route of the API. Each throws `ApiError`, `ApiUnreachableError` or
 * `IncompatibleApiError`.
 */
export class Client {
  readonly #transport: Transport;
  readonly runStates: RunStateClient;
  readonly schedules: ScheduleClient;

  /** The API is on this machine. */
  readonly isLocal: boolean;

  constructor(options: TransportOptions) {
    this.isLocal = LOOPBACK.test(new URL(options.endpoint).hostname);
    this.#transport = new Transport(options);
    this.runStates = new RunStateClient(this.#transport);
    this.schedules = new ScheduleClient(this.#transport);
  }

  service() {
    return this.#get('/v1', serviceSchema);
  }

  me() {
    return this.#get('/v1/me', meSchema);
  }

  queues(query: { readonly include?: 'load' } = {}) {
    return this.#get('/v1/queues', queueListSchema, query);
  }

  pipelines(query: PageQuery & { readonly project?: string } = {}) {
    return this.#get('/v1/pipelines', pipelinePageSchema, query);
  }

  versions(query: PageQuery & { readonly project: string; readonly pipeline: string }) {
    return this.#get('/v1/versions', versionPageSchema, query);
  }

  version(version: string, query: { readonly project: string; readonly pipeline: string }) {
    return this.#get(`/v1/versions/${encodeURIComponent(version)}`, versionDocumentSchema, query);
  }

  createUploads(body: CreateUploads) {
    return this.#post('/v1/uploads', uploadListSchema, body);
  }

  /** Links for files of `inputFile`. */
  createInputUploads(body: CreateInputUploads) {
    return this.#post('/v1/inputs', uploadListSchema, body);
  }

  registerVersion(body: RegisterVersion) {
    return this.#post('/v1/versions', registeredVersionSchema, registerVersionSchema.parse(body));
  }

  runs(query: RunFilter = {}) {
    return this.#get('/v1/runs', runPageSchema, query);
  }

  run(id: string) {
    return this.#get(`/v1/runs/${id}`, runSchema);
  }

  createRun(body: CreateRun, options: CreateOptions = {}) {
    return this.#create('/v1/runs', runSummarySchema, body, options);
  }

  removeRun(id: string): Promise<undefined> {
    return this.#transport.call({
      method: 'DELETE',
      path: `/v1/runs/${id}`,
      schema: z.undefined(),
    });
  }

  abort(id: string, reason: string) {
    return this.#post(`/v1/runs/${id}/abort`, runSchema, { reason });
  }

  /** Sends a signal, which the logic of the run receives with `waitForSignal`. */
  signal(id: string, name: string, body: SendSignal, options: CreateOptions = {}) {
    return this.#create(
      `/v1/runs/${id}/signals/${encodeURIComponent(name)}`,
      runSchema,
      body,
      options,
    );
  }

  resume(id: string) {
    return this.#post(`/v1/runs/${id}/resume`, runSchema);
  }

  /** The token of the process that evaluates the logic of the run. */
  evaluatorToken(id: string) {
    return this.#post(`/v1/runs/${id}/evaluator-token`, evaluatorTokenSchema);
  }

  rerun(id: string, body: Rerun, options: CreateOptions = {}) {
    return this.#create(`/v1/runs/${id}/rerun`, runSummarySchema, body, options);
  }

  changeTags(id: string, body: ChangeTags) {
    return this.#transport.call({
      method: 'PATCH',
      path: `/v1/runs/${id}/tags`,
      body,
      schema: runSchema,
    });
  }

  changeRun(id: string, body: ChangeRun) {
    return this.#transport.call({
      method: 'PATCH',
      path: `/v1/runs/${id}`,
      body,
      schema: runSchema,
    });
  }

  abortRuns(body: AbortRuns) {
    return this.#post('/v1/runs/abort', bulkOutcomeSchema, body);
  }

  changeTagsOfRuns(body: ChangeTagsOfRuns) {
    return this.#post('/v1/runs/tags', bulkOutcomeSchema, body);
  }

  archiveRuns(body: ArchiveRuns) {
    return this.#post('/v1/runs/archive', bulkOutcomeSchema, body);
  }

  removeRuns(body: RemoveRuns) {
    return this.#post('/v1/runs/remove', bulkOutcomeSchema, body);
  }

  runMetrics(id: string, query: PageQuery = {}) {
    return this.#get(`/v1/runs/${id}/metrics`, runPointPageSchema, query);
  }

  runArtifacts(id: string, query: PageQuery & NameFilter = {}) {
    return this.#get(`/v1/runs/${id}/artifacts`, artifactPageSchema, query);
  }

  runModels(id: string, query: PageQuery & NameFilter = {}) {
    return this.#get(`/v1/runs/${id}/models`, modelPageSchema, query);
  }

  steps(run: string, query: PageQuery & NameFilter & { readonly include?: 'metrics' } = {}) {
    return this.#get(`/v1/runs/${run}/steps`, stepPageSchema, query);
  }

  step(run: string, call: number) {
    return this.#get(stepPath(run, call), stepSchema);
  }

  /** Why the step was computed or taken from the cache. */
  explainCache(run: string, call: number) {
    return this.#get(stepPath(run, call, '/cache'), cacheExplanationDocumentSchema);
  }

  parents(run: string, call: number, query: PageQuery = {}) {
    return this.#get(stepPath(run, call, '/parents'), parentPageSchema, query);
  }

  logs(run: string, call: number, query: LogQuery = {}) {
    return this.#get(stepPath(run, call, '/logs'), logPageSchema, query);
  }

  texts(run: string, call: number, query: PageQuery = {}) {
    return this.#get(stepPath(run, call, '/texts'), textPageSchema, query);
  }

  /** The lines that the logic and its callbacks printed. */
  runTexts(run: string, query: PageQuery = {}) {
    return this.#get(`/v1/runs/${run}/texts`, logicTextPageSchema, query);
  }

  stepMetrics(run: string, call: number, query: PageQuery = {}) {
    return this.#get(stepPath(run, call, '/metrics'), pointPageSchema, query);
  }

  stepPlots(run: string, call: number, query: PageQuery = {}) {
    return this.#get(stepPath(run, call, '/plots'), plotPageSchema, query);
  }

  /** The plots of all steps. A page can be short or empty although another one follows. */
  runPlots(run: string, query: PageQuery = {}) {
    return this.#get(`/v1/runs/${run}/plots`, runPlotPageSchema, query);
  }

  stepArtifacts(run: string, call: number, query: PageQuery & NameFilter = {}) {
    return this.#get(stepPath(run, call, '/artifacts'), artifactPageSchema, query);
  }

  stepModels(run: string, call: number, query: PageQuery & NameFilter = {}) {
    return this.#get(stepPath(run, call, '/models'), modelPageSchema, query);
  }

  models(
    query: PageQuery & NameFilter & { readonly project?: string; readonly pipeline?: string } = {},
  ) {
    return this.#get('/v1/models', runModelPageSchema, query);
  }

  registeredModels(query: PageQuery & { readonly project?: string | undefined } = {}) {
    return this.#get('/v1/registered-models', registeredModelPageSchema, query);
  }

  modelVersions(query: PageQuery & ModelQuery) {
    return this.#get('/v1/model-versions', modelVersionPageSchema, query);
  }

  /** @param version a number, `published` or `latest` */
  modelVersion(version: number | string, query: ModelQuery) {
    return this.#get(`/v1/model-versions/${version}`, modelVersionSchema, query);
  }

  /** The runs and steps that use the version, the newest run first. */
  modelUses(version: number | string, query: PageQuery & ModelQuery) {
    return this.#get(`/v1/model-versions/${version}/uses`, modelUsePageSchema, query);
  }

  /** Repeated, it returns the same version. */
  publishModel(body: PublishModel) {
    return this.#post('/v1/model-versions', modelVersionSchema, body);
  }

  changeModel(version: number, query: ModelQuery, body: ChangeModel) {
    return this.#transport.call({
      method: 'PATCH',
      path: `/v1/model-versions/${version}`,
      query: { ...query },
      body,
      schema: modelVersionSchema,
    });
  }

  cache(query: PageQuery & CacheFilter = {}) {
    return this.#get('/v1/cache', cachePageSchema, query);
  }

  /** Without a filter, all entries are removed. */
  clearCache(filter: CacheFilter) {
    const isUnfiltered = Object.values(filter).every((value) => value === undefined);
    return this.#transport.call({
      method: 'DELETE',
      path: '/v1/cache',
      query: { ...filter, ...(isUnfiltered ? { all: 'true' } : {}) },
      schema: removedCountSchema,
    });
  }

  /** Reads the object that a link names. */
  async readLink(link: LinkDocument): Promise<Response> {
    return await this.#transport.followLink(link);
  }

  /** Writes the object that a link names. */
  async writeLink(link: LinkDocument, text: string): Promise<void> {
    await (await this.#transport.followLink(link, text)).arrayBuffer();
  }

  /** Writes the object that a link names with the content of a file. */
  async uploadFile(link: LinkDocument, path: string, options: FileUploadOptions): Promise<void> {
    await this.#transport.uploadFile(link, path, options);
  }

  #get<T>(path: string, schema: z.ZodType<T>, query: object = {}): Promise<T> {
    return this.#transport.call({ method: 'GET', path, schema, query: { ...query } });
  }

  #post<T>(path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    return this.#transport.call({ method: 'POST', path, body, schema });
  }

  #create<T>(
    path: string,
    schema: z.ZodType<T>,
    body: unknown,
    { idempotencyKey = randomUUID() }: CreateOptions,
  ): Promise<T> {
    const headers = { 'idempotency-key': idempotencyKey };
    return this.#transport.call({ method: 'POST', path, body, headers, schema });
  }
}

const stepPath = (run: string, call: number, suffix = ''): string =>
  `/v1/runs/${run}/steps/${call}${suffix}`;

/** Yields all items of a list and reads page after page. */
export async function* allItems<T>(
  readPage: (cursor: { readonly cursor?: string }) => Promise<Page<T>>,
): AsyncGenerator<T> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { items, next }: Page<T> = await readPage(cursor === undefined ? {} : { cursor });
    yield* items;
    cursor = next;
  }
}

/** All items of a list. */
export async function listAll<T>(
  readPage: (cursor: { readonly cursor?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  for await (const item of allItems(readPage)) items.push(item);
  return items;
}
