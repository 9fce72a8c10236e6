/**
 * The model registry in DynamoDB, in the table of runs. The items do not expire.
 *
 * ```
 * MV#project#name    | version          a version; `p` while it is published
 * MO#run             | name and object  the version of an object that this run wrote; `u` once it is used
 * MODELS             | project name     its highest versions (`model-summaries.ts`)
 * ```
 *
 * 1. The item of the object is written first: it claims the object for one version, and it exists
 *    before that version does. A crashed registration is completed by the next one of the object.
 * 2. A version is written only if it does not exist. The loser of a race changes its claim.
 * 3. `p` and the tags (`g`) are attributes of their own, which a change replaces. The rest of a
 *    version never changes.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RunId } from '../../model/ids.ts';
import type { ModelName, ModelVersion, NewModelVersion } from '../../model/model-version.ts';
import { runOfKey } from '../../model/object-layout.ts';
import {
  type ModelChange,
  type ModelRegistry,
  type ModelSummary,
  tagsAfterChange,
} from '../../ports/model-registry.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import {
  endOfPrefix,
  IF_ABSENT,
  type Item,
  type ItemKey,
  inParallel,
  number,
  numberIn,
  Table,
  text,
  textIn,
} from '../dynamodb/table.ts';
import { ModelSummaries } from './model-summaries.ts';

export interface DynamoModelRegistryOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export const createDynamoModelRegistry = ({
  client,
  table,
}: DynamoModelRegistryOptions): ModelRegistry => new DynamoModelRegistry(new Table(client, table));

const VERSION_DIGITS = 12;
/** How often a call starts again because another one changed the model meanwhile. */
const MAX_ATTEMPTS = 100;

const padded = (version: number): string => String(version).padStart(VERSION_DIGITS, '0');
const versionIn = (item: Item): number => Number(textIn(item, 'sk'));
const partition = ({ project, name }: ModelName): string => `MV#${project}#${name}`;
const versionKey = (model: ModelName, version: number): ItemKey => ({
  pk: partition(model),
  sk: padded(version),
});
/** A model whose object no run wrote has a partition of its own, which no removal reads. */
const objectPartition = (run: RunId | undefined): string => `MO#${run ?? ''}`;
const objectKey = ({ project, name, value }: NewModelVersion): ItemKey => ({
  pk: objectPartition(runOfKey(value.key)),
  sk: createHash('sha256')
    .update(JSON.stringify([project, name, value.key]))
    .digest('hex'),
});

const tooManyChanges = ({ name }: ModelName): Error =>
  new Error(`model ${name} is being changed by too many requests: try again`);

class DynamoModelRegistry implements ModelRegistry {
  readonly #table: Table;
  readonly #summaries: ModelSummaries;

  constructor(table: Table) {
    this.#table = table;
    this.#summaries = new ModelSummaries(table, async (model) => {
      const item = await this.#publishedItem(model);
      return item === undefined ? undefined : versionIn(item);
    });
  }

  register(model: NewModelVersion): Promise<ModelVersion> {
    return this.#summaries.during(model, () => this.#register(model));
  }

  async #register(model: NewModelVersion): Promise<ModelVersion> {
    const claim = objectKey(model);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const candidate = await this.#claimedVersion(claim, model);
      const registered =
        (await this.#writeVersion(model, candidate)) ?? (await this.version(model, candidate));
      if (registered?.value.key === model.value.key) {
        await this.#summaries.raiseLatest(model, candidate);
        return registered;
      }
      // Another object has this version: the claim moves to the next free one.
      await this.#table.update(
        claim,
        { set: { v: number((await this.#highest(model)) + 1) } },
        { expression: 'v = :old', values: { ':old': number(candidate) } },
      );
    }
    throw tooManyChanges(model);
  }

  /** The version for which the object is claimed, now or by an earlier call. */
  async #claimedVersion(claim: ItemKey, model: NewModelVersion): Promise<number> {
    const existing = await this.#table.get(claim);
    if (existing !== undefined) return numberIn(existing, 'v');
    const candidate = (await this.#highest(model)) + 1;
    const outcome = await this.#table.put(
      claim,
      {
        v: number(candidate),
        k: text(model.value.key),
        n: text(model.name),
        o: text(model.project),
      },
      IF_ABSENT,
    );
    return outcome.applied ? candidate : numberIn(outcome.item ?? {}, 'v');
  }

  /** Undefined if the version exists. */
  async #writeVersion(model: NewModelVersion, version: number): Promise<ModelVersion | undefined> {
    const { tags, publishedAt } = model;
    const registered: ModelVersion = { ...model, version };
    const key = versionKey(model, version);
    if ((await this.#table.get(key)) !== undefined) return undefined;
    const outcome = await this.#table.put(
      key,
      {
        d: await storeDocument(this.#table, key, registered, {}),
        g: text(JSON.stringify(tags)),
        ...(publishedAt === null ? {} : { p: number(publishedAt) }),
      },
      IF_ABSENT,
    );
    return outcome.applied ? registered : undefined;
  }

  async #highest(model: ModelName): Promise<number> {
    const [highest] = await this.#table.list(this.#range(model, undefined, 1), 1);
    return highest === undefined ? 0 : versionIn(highest);
  }

  #range(model: ModelName, before: number | undefined, limit: number) {
    const to = before === undefined ? endOfPrefix('9') : padded(Math.max(0, before - 1));
    return { pk: partition(model), from: padded(1), to, descending: true, limit };
  }

  async version(model: ModelName, version: number): Promise<ModelVersion | undefined> {
    const item = await this.#table.get(versionKey(model, version));
    return item === undefined ? undefined : await this.#read(item);
  }

  async published(model: ModelName): Promise<ModelVersion | undefined> {
    const item = await this.#publishedItem(model);
    return item === undefined ? undefined : await this.#read(item);
  }

  async #publishedItem(model: ModelName): Promise<Item | undefined> {
    const filter = { expression: 'attribute_exists(p)' };
    for await (const [item] of this.#table.pages({ ...this.#range(model, undefined, 20), filter }))
      if (item !== undefined) return item;
    return undefined;
  }

  async versions(
    model: ModelName,
    { before, limit }: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<readonly ModelVersion[]> {
    if (before !== undefined && before <= 1) return [];
    const items = await this.#table.list(this.#range(model, before, limit), limit);
    return await inParallel(items, (item) => this.#read(item));
  }

  models(page: Parameters<ModelRegistry['models']>[0]): Promise<readonly ModelSummary[]> {
    return this.#summaries.list(page);
  }

  change(
    model: ModelName,
    version: number,
    change: ModelChange,
  ): Promise<ModelVersion | undefined> {
    const apply = () => this.#change(model, version, change);
    return change.publishedAt === undefined ? apply() : this.#summaries.during(model, apply);
  }

  async #change(
    model: ModelName,
    version: number,
    change: ModelChange,
  ): Promise<ModelVersion | undefined> {
    const key = versionKey(model, version);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const item = await this.#table.get(key);
      if (item === undefined) return undefined;
      const before = await this.#read(item);
      const { publishedAt = before.publishedAt } = change;
      const tags = tagsAfterChange(before.tags, change);
      const outcome = await this.#table.update(
        key,
        {
          set: {
            g: text(JSON.stringify(tags)),
            ...(publishedAt === null ? {} : { p: number(publishedAt) }),
          },
          ...(publishedAt === null ? { remove: ['p'] } : {}),
        },
        unchanged(item),
      );
      if (outcome.applied) return { ...before, tags, publishedAt };
    }
    throw tooManyChanges(model);
  }

  async markUsed(version: ModelVersion): Promise<void> {
    await this.#table.update(objectKey(version), { set: { u: number(1) } });
  }

  async keptObjects(run: RunId): Promise<readonly string[]> {
    const pk = objectPartition(run);
    const kept = new Set<string>();
    for await (const page of this.#table.pages({ pk, from: '0', to: endOfPrefix('f') }))
      for (const item of page) {
        if (item.u !== undefined) {
          kept.add(textIn(item, 'k'));
          continue;
        }
        const model = { project: textIn(item, 'o'), name: textIn(item, 'n') };
        const version = await this.#table.get(versionKey(model, numberIn(item, 'v')));
        // Without its version, the registration is in progress.
        if (version === undefined || version.p !== undefined) kept.add(textIn(item, 'k'));
      }
    return [...kept];
  }

  async #read(item: Item): Promise<ModelVersion> {
    const stored = await readDocument<ModelVersion>(this.#table, item);
    const tags: string[] = JSON.parse(textIn(item, 'g'));
    return { ...stored, tags, publishedAt: item.p === undefined ? null : numberIn(item, 'p') };
  }
}

/** The tags and the published state are those of the item. */
const unchanged = ({ g, p }: Item) => ({
  expression: `g = :g AND ${p === undefined ? 'attribute_not_exists(p)' : 'p = :p'}`,
  values: { ...(g === undefined ? {} : { ':g': g }), ...(p === undefined ? {} : { ':p': p }) },
});
