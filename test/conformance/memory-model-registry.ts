/**
 * The model registry in memory.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { ModelName, ModelVersion, NewModelVersion } from '../../src/model/model-version.ts';
import { runOfKey } from '../../src/model/object-layout.ts';
import {
  type ModelChange,
  type ModelRegistry,
  type ModelSummary,
  tagsAfterChange,
} from '../../src/ports/model-registry.ts';
import { frozen } from './frozen.ts';

export class MemoryModelRegistry implements ModelRegistry {
  /** By project and name, in the order of versions. */
  readonly #models = new Map<string, ModelVersion[]>();
  readonly #usedObjects = new Set<string>();

  async register(model: NewModelVersion): Promise<ModelVersion> {
    const versions = this.#of(model);
    const existing = versions.find(({ value }) => value.key === model.value.key);
    if (existing !== undefined) return existing;
    const registered = frozen({ ...model, version: versions.length + 1 });
    versions.push(registered);
    return registered;
  }

  async version(model: ModelName, version: number): Promise<ModelVersion | undefined> {
    return this.#of(model)[version - 1];
  }

  async published(model: ModelName): Promise<ModelVersion | undefined> {
    return this.#of(model).findLast(({ publishedAt }) => publishedAt !== null);
  }

  async versions(
    model: ModelName,
    { before, limit }: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<readonly ModelVersion[]> {
    return this.#of(model)
      .slice(0, before === undefined ? undefined : before - 1)
      .reverse()
      .slice(0, limit);
  }

  async models({
    project,
    after,
    limit,
  }: Parameters<ModelRegistry['models']>[0]): Promise<readonly ModelSummary[]> {
    return [...this.#models.values()]
      .flatMap((versions) =>
        versions.slice(-1).map(({ project: inProject, name, version }) => ({
          project: inProject,
          name,
          latest: version,
          published: versions.findLast(({ publishedAt }) => publishedAt !== null)?.version ?? null,
        })),
      )
      .filter((each) => project === undefined || each.project === project)
      .sort(order)
      .filter((each) => after === undefined || order(each, after) > 0)
      .slice(0, limit);
  }

  async change(
    model: ModelName,
    version: number,
    change: ModelChange,
  ): Promise<ModelVersion | undefined> {
    const versions = this.#of(model);
    const before = versions[version - 1];
    if (before === undefined) return undefined;
    const { publishedAt = before.publishedAt } = change;
    const after = frozen({ ...before, tags: tagsAfterChange(before.tags, change), publishedAt });
    versions[version - 1] = after;
    return after;
  }

  async markUsed({ value }: ModelVersion): Promise<void> {
    this.#usedObjects.add(value.key);
  }

  async keptObjects(run: RunId): Promise<readonly string[]> {
    const keys = [...this.#models.values()]
      .flat()
      .filter(({ publishedAt, value }) => publishedAt !== null || this.#usedObjects.has(value.key))
      .map(({ value }) => value.key);
    return [...new Set(keys)].filter((key) => runOfKey(key) === run);
  }

  #of({ project, name }: ModelName): ModelVersion[] {
    const key = JSON.stringify([project, name]);
    const versions = this.#models.get(key) ?? [];
    this.#models.set(key, versions);
    return versions;
  }
}

const order = (a: ModelName, b: ModelName): number =>
  compare(a.project, b.project) || compare(a.name, b.name);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
