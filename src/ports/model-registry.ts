/**
 * The port of the model registry: named, numbered versions of models, which outlive their runs.
 *
 * 1. An object has at most one version under a name: registering it again returns that version.
 * 2. The versions of a name are numbered from 1 without gaps. A number is never used again.
 * 3. Once `register` or `change` has returned with a published version, `keptObjects` returns its
 *    object until `change` has unpublished it. While one of these calls is in progress, or after it
 *    crashed, it may return the object.
 * 4. Once `markUsed` has returned, `keptObjects` returns the object of the version for good.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import {
  type ModelName,
  type ModelReference,
  type ModelSelector,
  type ModelVersion,
  modelReferenceText,
  type NewModelVersion,
} from '../model/model-version.ts';

export interface ModelSummary extends ModelName {
  /** The highest version. */
  readonly latest: number;
  /** The highest published version; null: none is published. */
  readonly published: number | null;
}

export interface ModelChange {
  /** When it is published; null unpublishes it; undefined leaves it as it is. */
  readonly publishedAt?: number | null | undefined;
  readonly addTags?: readonly string[] | undefined;
  readonly removeTags?: readonly string[] | undefined;
}

export interface ModelRegistry {
  /** Registers the next version. A version with the same object is returned as it is. */
  register(model: NewModelVersion): Promise<ModelVersion>;
  version(model: ModelName, version: number): Promise<ModelVersion | undefined>;
  /** The highest published version. */
  published(model: ModelName): Promise<ModelVersion | undefined>;
  /** Highest first, below the version `before`. */
  versions(
    model: ModelName,
    page: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<readonly ModelVersion[]>;
  /** In the order of projects, then of names, after `after`. */
  models(page: {
    readonly project?: string | undefined;
    readonly after?: ModelName | undefined;
    readonly limit: number;
  }): Promise<readonly ModelSummary[]>;
  /** Returns the changed version; undefined if it does not exist. */
  change(model: ModelName, version: number, change: ModelChange): Promise<ModelVersion | undefined>;
  /** Records that a run uses the version: its object stays. May be repeated. */
  markUsed(version: ModelVersion): Promise<void>;
  /** The keys of the objects of published and of used versions that this run wrote. */
  keptObjects(run: RunId): Promise<readonly string[]>;
}

/** The tags after a change, in the order in which they were added. */
export function tagsAfterChange(
  tags: readonly string[],
  { addTags = [], removeTags = [] }: ModelChange,
): readonly string[] {
  return [...new Set([...tags.filter((tag) => !removeTags.includes(tag)), ...addTags])];
}

export type ModelReader = Pick<ModelRegistry, 'version' | 'published' | 'versions'>;

export async function selectVersion(
  models: ModelReader,
  model: ModelName,
  selector: ModelSelector,
): Promise<ModelVersion | undefined> {
  if (selector === 'published') return models.published(model);
  if (selector === 'latest') return (await models.versions(model, { limit: 1 }))[0];
  return models.version(model, selector);
}

/** The version that `useModel` means in a run of `project`, or the reason why there is none. */
export async function findUsedVersion(
  models: ModelReader,
  reference: ModelReference,
  ownProject: string,
): Promise<ModelVersion | string> {
  const { project = ownProject, name, version } = reference;
  const found = await selectVersion(models, { project, name }, version);
  if (found !== undefined) return found;
  const text = JSON.stringify(modelReferenceText({ ...reference, project: undefined }));
  return `project ${project} has no model ${text}. \`headrace models list\` shows the registered models, \`headrace models publish\` registers one`;
}
