/**
 * The list of models in DynamoDB: an item for each model, with its highest version and its highest
 * published version.
 *
 * ```
 * MODELS | project name   latest     the highest version; absent while the first one is written
 *                         published  the highest published version; absent: none
 *                         busy       the changes in progress, each a number of its own; absent: none
 *                         rev        raised by each change of `busy`
 * ```
 *
 * The versions are items of their own, and which of them are published changes there.
 *
 * 1. A change is in `busy` before it changes a version, and it leaves `busy` in the write that sets
 *    `published`. This write succeeds only if `rev` is what it was before the versions were read. So
 *    the last change to leave has read the versions after all others had changed them: without
 *    `busy`, `published` is right.
 * 2. While changes are in progress, a reader of the list reads the versions. A change that crashed
 *    stays in `busy` until a later one of the model removes it.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import type { ModelName } from '../../model/model-version.ts';
import type { ModelRegistry, ModelSummary } from '../../ports/model-registry.ts';
import {
  inParallel,
  number,
  numberIn,
  numbers,
  numbersIn,
  type Table,
  text,
  textIn,
} from '../dynamodb/table.ts';
import { listNamed, namedKey } from './named-items.ts';

const MODELS = 'MODELS';
/** How often a change starts again because another one came between. */
const MAX_ATTEMPTS = 100;
/** A change that started before this time crashed: no request takes that long. */
const CRASHED_AFTER_MS = 3_600_000;
/** A number of a change contains its time, and one of so many random numbers. */
const NUMBERS_PER_MS = 1000;

/** Returns the highest published version, read from the items of the versions. */
type ReadPublished = (model: ModelName) => Promise<number | undefined>;

export class ModelSummaries {
  readonly #table: Table;
  readonly #readPublished: ReadPublished;

  constructor(table: Table, readPublished: ReadPublished) {
    this.#table = table;
    this.#readPublished = readPublished;
  }

  /** Runs a change of the published state of versions. */
  async during<T>(model: ModelName, change: () => Promise<T>): Promise<T> {
    const own = Date.now() * NUMBERS_PER_MS + randomInt(NUMBERS_PER_MS);
    await this.#table.update(keyOf(model), { addTo: { busy: numbers([own]), rev: number(1) } });
    const result = await change();
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const item = (await this.#table.get(keyOf(model))) ?? {};
      const published = await this.#readPublished(model);
      const crashed = numbersIn(item, 'busy').filter(
        (each) => each < own - CRASHED_AFTER_MS * NUMBERS_PER_MS,
      );
      const { applied } = await this.#table.update(
        keyOf(model),
        {
          ...(published === undefined
            ? { remove: ['published'] }
            : { set: { published: number(published) } }),
          addTo: { rev: number(1) },
          removeFrom: { busy: numbers([own, ...crashed]) },
        },
        { expression: 'rev = :rev', values: { ':rev': number(numberIn(item, 'rev')) } },
      );
      if (applied) return result;
    }
    throw new Error(`model ${model.name} is being changed by too many requests: try again`);
  }

  async raiseLatest(model: ModelName, version: number): Promise<void> {
    const latest = number(version);
    await this.#table.update(
      keyOf(model),
      { set: { latest, project: text(model.project), name: text(model.name) } },
      {
        expression: 'attribute_not_exists(latest) OR latest < :latest',
        values: { ':latest': latest },
      },
    );
  }

  async list(page: Parameters<ModelRegistry['models']>[0]): Promise<readonly ModelSummary[]> {
    const filter = { expression: 'attribute_exists(latest)' };
    const items = await listNamed(this.#table, MODELS, { ...page, filter });
    return await inParallel(items, async (item) => {
      const model = { project: textIn(item, 'project'), name: textIn(item, 'name') };
      const isCertain = item.busy === undefined && item.rev !== undefined;
      const stored = item.published === undefined ? undefined : numberIn(item, 'published');
      const published = isCertain ? stored : await this.#readPublished(model);
      return { ...model, latest: numberIn(item, 'latest'), published: published ?? null };
    });
  }
}

const keyOf = ({ project, name }: ModelName) => namedKey(MODELS, project, name);
