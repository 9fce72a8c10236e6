/**
 * Finds a registered version of a pipeline by what a user types: `project/pipeline`, the pipeline's
 * name alone where one project has it, and an optional `@version`.
 *
 * 1. The last `/` separates the project from the name. Names may contain `/` and `@`, so a text that
 *    names a pipeline as a whole has precedence over its parts.
 * 2. Without a version, the highest one whose code is stored is chosen.
 *
 * @module
 */
import { NotFoundError } from '../launch/errors.ts';
import { versionSchema } from '../model/ids.ts';
import type { PipelineName, PipelineSummary } from '../ports/registry.ts';
import type { VersionDocument } from '../wire/pipelines.ts';
import { nearestPipelines, pipelinePath } from './nearest-pipelines.ts';

export interface VersionEntry {
  readonly version: string;
  readonly codeHash: string;
  /** Null: only the name of the version was registered. */
  readonly createdAt: string | null;
}

/** The pipelines of a home or of an API. */
export interface PipelineCatalog {
  pipelines(): Promise<readonly PipelineSummary[]>;
  /** The highest versions, at most `limit`, highest first. An unknown pipeline has none. */
  versions(pipeline: PipelineName, limit: number): Promise<readonly VersionEntry[]>;
  version(pipeline: PipelineName, version: string): Promise<VersionDocument | undefined>;
}

/** A version whose code is stored. */
export interface RunnableVersionDocument extends VersionDocument {
  readonly signature: NonNullable<VersionDocument['signature']>;
  readonly declaration: NonNullable<VersionDocument['declaration']>;
}

/** Versions in a row that are examined for one whose code is stored. */
const MAX_EXAMINED_VERSIONS = 50;
const MAX_LISTED_VERSIONS = 10;

/** The pipeline that `text` names, without a version. @throws NotFoundError */
export async function findPipeline(catalog: PipelineCatalog, text: string): Promise<PipelineName> {
  const found = await findByPath(catalog, text);
  if (found !== undefined) return found;
  throw await unknownPipeline(catalog, text);
}

/**
 * The version that `text` names.
 *
 * @throws NotFoundError if there is no such pipeline or version, or its code is not stored
 */
export async function findRunnableVersion(
  catalog: PipelineCatalog,
  text: string,
): Promise<RunnableVersionDocument> {
  const { path, version } = splitVersion(text);
  const whole = version === undefined ? undefined : await findByPath(catalog, text);
  if (whole !== undefined) return await highestRunnable(catalog, whole);
  const pipeline = await findPipeline(catalog, path);
  return version === undefined || version === 'latest'
    ? await highestRunnable(catalog, pipeline)
    : await requireVersion(catalog, pipeline, version);
}

function splitVersion(text: string): {
  readonly path: string;
  readonly version: string | undefined;
} {
  const at = text.lastIndexOf('@');
  return at < 1
    ? { path: text, version: undefined }
    : { path: text.slice(0, at), version: text.slice(at + 1) };
}

async function findByPath(
  catalog: PipelineCatalog,
  path: string,
): Promise<PipelineName | undefined> {
  const slash = path.lastIndexOf('/');
  if (slash > 0) {
    const split = { project: path.slice(0, slash), name: path.slice(slash + 1) };
    if (split.name !== '' && (await catalog.versions(split, 1)).length > 0) return split;
  }
  const named = (await catalog.pipelines()).filter(
    (pipeline) => pipeline.name === path || pipelinePath(pipeline) === path,
  );
  const [first, ...others] = named;
  if (others.length === 0) return first;
  throw new NotFoundError(
    `several projects have a pipeline ${JSON.stringify(path)}: write one of ${named.map(pipelinePath).join(', ')}`,
  );
}

async function unknownPipeline(catalog: PipelineCatalog, path: string): Promise<NotFoundError> {
  const pipelines = await catalog.pipelines();
  if (pipelines.length === 0)
    return new NotFoundError(
      `there is no pipeline ${JSON.stringify(path)}: no pipeline has run or was registered yet`,
    );
  const suggestions = nearestPipelines(path, pipelines);
  return new NotFoundError(
    `there is no pipeline ${JSON.stringify(path)}: ${suggestions.length === 0 ? '`headrace pipelines list` shows all pipelines' : `did you mean ${suggestions.join(', ')}?`}`,
  );
}

async function highestRunnable(
  catalog: PipelineCatalog,
  pipeline: PipelineName,
): Promise<RunnableVersionDocument> {
  for (const { version } of await catalog.versions(pipeline, MAX_EXAMINED_VERSIONS)) {
    const document = await catalog.version(pipeline, version);
    if (document !== undefined && isRunnable(document)) return document;
  }
  throw new NotFoundError(
    `no code of pipeline ${pipelinePath(pipeline)} is stored, only the names of its versions: run it from its source once`,
  );
}

async function requireVersion(
  catalog: PipelineCatalog,
  pipeline: PipelineName,
  text: string,
): Promise<RunnableVersionDocument> {
  const version = versionSchema.safeParse(text).data;
  const document = version === undefined ? undefined : await catalog.version(pipeline, version);
  if (document === undefined) {
    const entries = await catalog.versions(pipeline, MAX_LISTED_VERSIONS + 1);
    const versions = entries.map((entry) => entry.version);
    throw new NotFoundError(
      `pipeline ${pipelinePath(pipeline)} has no version ${JSON.stringify(text)}: it has ${versions.slice(0, MAX_LISTED_VERSIONS).join(', ')}${versions.length > MAX_LISTED_VERSIONS ? ', …' : ''}`,
    );
  }
  if (!isRunnable(document))
    throw new NotFoundError(
      `of version ${document.version} of pipeline ${pipelinePath(pipeline)} only the name is stored: run it from its source once`,
    );
  return document;
}

const isRunnable = (document: VersionDocument): document is RunnableVersionDocument =>
  document.signature !== null && document.declaration !== null;
