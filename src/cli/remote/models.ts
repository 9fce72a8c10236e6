/** `headrace models …` on the registry of an API. */
import { Readable } from 'node:stream';
import { allItems, type Client, listAll } from '../../client/client.ts';
import { ApiError } from '../../client/errors.ts';
import { connect } from '../../launch/remote/connection.ts';
import {
  MAX_API_PAGE_ITEMS,
  RemoteSource,
  withAllOutputs,
} from '../../launch/remote/remote-source.ts';
import { runIdSchema } from '../../model/ids.ts';
import type { ModelVersion } from '../../model/model-version.ts';
import { isStored } from '../../model/value.ts';
import type { ShownModelUse } from '../../ports/shown-model-use.ts';
import type { ModelVersionDocument } from '../../wire/models.ts';
import type { ModelDocument } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import type { ListedUses } from '../model-output.ts';
import type { ModelCandidate, ModelRecords } from '../models.ts';
import type { TargetOptions } from '../option-types.ts';
import { selectRemoteRun } from './select.ts';

/** Passes the registry of the API to `action`. */
export async function withModels<T>(
  options: TargetOptions,
  action: (records: ModelRecords) => Promise<T>,
): Promise<T> {
  const { client, hintTarget = [] } = connect(options, process.cwd());
  return await action(new RemoteModels(client, hintTarget));
}

class RemoteModels implements ModelRecords {
  readonly hintTarget: readonly string[];
  readonly #client: Client;
  readonly #source: RemoteSource;
  readonly objects: ModelRecords['objects'];

  constructor(client: Client, hintTarget: readonly string[]) {
    this.#client = client;
    this.hintTarget = hintTarget;
    const source = new RemoteSource(client, { metrics: false });
    this.#source = source;
    this.objects = {
      get: source.objects.get,
      stream: async (key) => Readable.from((await source.openObject(key)).body ?? []),
    };
  }

  async models(project: string | undefined) {
    return await listAll((cursor) =>
      this.#client.registeredModels({ project, limit: MAX_API_PAGE_ITEMS, ...cursor }),
    );
  }

  async versions({ project, name }: ModelVersion, limit: number) {
    const { items } = await this.#client.modelVersions({ project, name, limit });
    return items.map((each) => this.#versionOf(each));
  }

  async version(
    { project, name }: Pick<ModelVersion, 'project' | 'name'>,
    selector: number | 'published' | 'latest',
  ) {
    try {
      return this.#versionOf(await this.#client.modelVersion(selector, { project, name }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async change(
    { project, name, version }: ModelVersion,
    { addTags = [], removeTags = [] }: Parameters<ModelRecords['change']>[1],
  ) {
    const change = { addTags: [...addTags], removeTags: [...removeTags] };
    return this.#versionOf(await this.#client.changeModel(version, { project, name }, change));
  }

  publish(version: ModelVersion) {
    return this.#setPublished(version, true);
  }

  unpublish(version: ModelVersion) {
    return this.#setPublished(version, false);
  }

  async #setPublished({ project, name, version }: ModelVersion, published: boolean) {
    return this.#versionOf(
      await this.#client.changeModel(version, { project, name }, { published }),
    );
  }

  async uses({ project, name, version }: ModelVersion, limit: number): Promise<ListedUses> {
    const query = { project, name, limit: Math.min(limit, MAX_API_PAGE_ITEMS) };
    const uses: ShownModelUse[] = [];
    for await (const use of allItems((cursor) =>
      this.#client.modelUses(version, { ...query, ...cursor }),
    )) {
      if (uses.length === limit) return { uses, moreUses: true };
      uses.push({ ...use, usedAt: use.usedAt === null ? null : Date.parse(use.usedAt) });
    }
    return { uses, moreUses: false };
  }

  async candidates(text: string) {
    const client = this.#client;
    const { id: run } = await selectRemoteRun(client, text);
    const found = (
      await listAll((cursor) => client.runModels(run, { limit: MAX_API_PAGE_ITEMS, ...cursor }))
    ).map((model) => this.#candidate(run, null, model));
    for await (const step of allItems((cursor) =>
      client.steps(run, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    )) {
      if (step.status === 'superseded') continue;
      const { models } = await withAllOutputs(client, run, step);
      found.push(...models.map((model) => this.#candidate(run, step, model)));
    }
    return found;
  }

  #candidate(
    run: string,
    step: StepDocument | null,
    model: Pick<ModelDocument, 'name' | 'hash'>,
  ): ModelCandidate {
    return {
      step: step === null ? null : step.name,
      name: model.name,
      key: model.hash,
      publish: async (name, tags) =>
        this.#versionOf(
          await this.#client.publishModel({
            run: runIdSchema.parse(run),
            call: step === null ? null : step.call,
            model: model.name,
            name,
            tags: [...tags],
          }),
        ),
    };
  }

  #versionOf({ content, size: _, hash: __, ...document }: ModelVersionDocument): ModelVersion {
    const value = this.#source.toValue(content);
    if (!isStored(value)) throw new Error('the API returned a model without a file');
    return {
      ...document,
      value,
      registeredAt: Date.parse(document.registeredAt),
      publishedAt: document.publishedAt === null ? null : Date.parse(document.publishedAt),
    };
  }
}
