/**
 * Runs: created once, and read with the commits since the last checkpoint.
 *
 * 1. The item of the head is written last: a run exists when its head exists.
 * 2. One query reads the head and the commits since the last checkpoint, as much at 10 steps as at
 *    10,000. A process that knows the run reads only new commits.
 * 3. A run that was removed or has expired does not exist. All items of a run expire at one time,
 *    which is known when the run is created: no run is active so long that it ends less than
 *    `runDays` earlier. A run that ends sooner is hidden `runDays` after its end, without a write.
 *
 * @module
 */
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { daysToMs, type Retention, recordDays, SECONDS_PER_DAY } from '../../model/retention.ts';
import { isTerminalRun, type Run, type RunHead, type RunInfo } from '../../model/run.ts';
import { RunRemovedError } from '../../ports/removal.ts';
import type { Timer } from '../../ports/tasks.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import {
  IF_ABSENT,
  type Item,
  inParallel,
  number,
  numberIn,
  type Table,
  text,
  textIn,
} from '../dynamodb/table.ts';
import { checkpoint, headAttributes, startsWithCut } from './checkpoint.ts';
import { readCommit } from './commit-log.ts';
import { indexCreator, indexNumber, indexTags } from './run-index.ts';
import type { RunState } from './run-state.ts';
import { headKey, infoKey, logKey, runPartition } from './table-keys.ts';

export interface RetentionOptions {
  readonly now: () => number;
  readonly retention: Retention;
}

/** A request beside the commits of the run, which is read with the head. */
interface AbortRequest {
  readonly reason: string;
  readonly generation: number;
}

/** Days by which the data of a run outlives it: DynamoDB may expire its head some days late. */
const EXPIRY_MARGIN_DAYS = 7;
/** The head and the maximum number of commits between two checkpoints. */
const LOAD_PAGE_ITEMS = 18;
const MAX_CACHED_INFOS = 64;
const MAX_CACHED_SHARED_RUNS = 1000;

export class RunRecords {
  readonly #table: Table;
  readonly #lifetime: RetentionOptions;
  /**
   * They never change, and contain the list of the code's bundles, which is not worth reading for
   * every message.
   */
  readonly #infos = new Map<RunId, RunInfo>();
  /** Runs that are known to be shared. A shared run stays shared. */
  readonly #shared = new Set<RunId>();

  constructor(table: Table, lifetime: RetentionOptions) {
    this.#table = table;
    this.#lifetime = lifetime;
  }

  async create(info: Omit<RunInfo, 'number'>, head: RunHead): Promise<RunState> {
    const existing = await this.#existing(info.id);
    if (existing !== undefined) return existing;
    const expiresAt =
      Math.floor(info.createdAt / 1000) + recordDays(this.#lifetime.retention) * SECONDS_PER_DAY;
    const [numbered] = await Promise.all([
      this.#numbered(info, expiresAt),
      indexTags(this.#table, info, head.tags, withExpiryMargin(expiresAt)),
      indexCreator(this.#table, info, withExpiryMargin(expiresAt)),
    ]);
    const lifetime = { expiresAt: number(withExpiryMargin(expiresAt)) };
    const attributes = {
      ...(await headAttributes(this.#table, head, lifetime)),
      e: number(0),
      expiresAt: number(expiresAt),
      kind: text('run'),
      run: text(info.id),
    };
    const { project, pipeline } = numbered;
    const outcome = await this.#table.put(
      headKey(info.id),
      { ...attributes, project: text(project), pipeline: text(pipeline) },
      IF_ABSENT,
    );
    const state = outcome.applied
      ? {
          id: info.id,
          base: head,
          head,
          tail: [],
          epoch: 0,
          expiresAt: withExpiryMargin(expiresAt),
          lastTimers: [],
          timersSetUpTo: head.revision,
        }
      : undefined;
    return (
      state ??
      (await this.#existing(info.id)) ??
      fail(`run ${info.id} was created, but its record is missing`)
    );
  }

  /**
   * Assigns the number of the run, and stores it with the info. A repeated creation of the run
   * finds it.
   */
  async #numbered(info: Omit<RunInfo, 'number'>, expiresAt: number): Promise<RunInfo> {
    const dataExpiresAt = withExpiryMargin(expiresAt);
    const known = await this.info(info.id);
    if (known !== undefined) {
      // The process that stored the info may have crashed before it indexed the number.
      await indexNumber(this.#table, known, known.number, dataExpiresAt);
      return known;
    }
    const counter = { pk: `COUNT#${info.project}`, sk: info.pipeline };
    const numbered = { ...info, number: await this.#table.increment(counter, 'n', 1) };
    const key = infoKey(info.id);
    const lifetime = { expiresAt: number(dataExpiresAt) };
    const document = await storeDocument(this.#table, key, numbered, lifetime);
    const [outcome] = await Promise.all([
      this.#table.put(key, { d: document, ...lifetime }, IF_ABSENT),
      indexNumber(this.#table, info, numbered.number, dataExpiresAt),
    ]);
    if (outcome.applied) return numbered;
    return readDocument<RunInfo>(this.#table, outcome.item ?? {});
  }

  async #existing(id: RunId): Promise<RunState | undefined> {
    const item = await this.#table.get(headKey(id));
    if (item?.removed !== undefined) throw new RunRemovedError(id);
    return item === undefined ? undefined : this.load(id);
  }

  async info(id: RunId): Promise<RunInfo | undefined> {
    const cached = this.#infos.get(id);
    if (cached !== undefined) return cached;
    const item = await this.#table.get(infoKey(id));
    if (item === undefined) return undefined;
    const info = await readDocument<RunInfo>(this.#table, item);
    for (const oldest of this.#infos.keys()) {
      if (this.#infos.size < MAX_CACHED_INFOS) break;
      this.#infos.delete(oldest);
    }
    this.#infos.set(id, info);
    return info;
  }

  async record(state: RunState): Promise<Run | undefined> {
    const info = await this.info(state.id);
    return info === undefined ? undefined : { info, head: state.head };
  }

  /** The run as it is now. `known`: the state that this process read before. */
  async load(id: RunId, known?: RunState): Promise<RunState | undefined> {
    const pk = runPartition(id);
    const from = logKey(id, known === undefined ? 0 : known.head.revision + 1).sk;
    const { sk } = headKey(id);
    let item: Item | undefined;
    let base = 0;
    const items: Item[] = [];
    for await (const page of this.#table.pages({
      pk,
      from,
      to: sk,
      descending: true,
      limit: LOAD_PAGE_ITEMS,
    })) {
      for (const each of page) {
        if (textIn(each, 'sk') === sk) item = each;
        else items.push(each);
      }
      if (item === undefined || this.#isRemoved(item)) return undefined;
      base = numberIn(item, 'r');
      if (revisionIn(items.at(-1)) <= base + 1) break;
    }
    if (item === undefined) return undefined;
    const fresh = await inParallel(
      items.filter((each) => revisionIn(each) > base).reverse(),
      (each) => readCommit(this.#table, each),
    );
    const tail = [...(known?.tail ?? []).filter((record) => record.head.revision > base), ...fresh];
    tail.forEach((record, n) => {
      if (record.head.revision !== base + 1 + n)
        fail(`the log of run ${id} has a gap after revision ${base + n}`);
    });
    const isSame = known?.base.revision === base;
    const head = isSame ? known.base : await readDocument<RunHead>(this.#table, item);
    const state: RunState = {
      id,
      base: head,
      tail,
      head: await withAbort(this.#table, tail.at(-1)?.head ?? head, item),
      epoch: numberIn(item, 'e'),
      expiresAt: withExpiryMargin(numberIn(item, 'expiresAt')),
      lastTimers: tail.at(-1)?.timers ?? (await readTimers(this.#table, item)),
      timersSetUpTo: known?.timersSetUpTo ?? -1,
    };
    if (this.#isOver(state.head)) return undefined;
    return startsWithCut(state) ? checkpoint(this.#table, state) : state;
  }

  /**
   * Requests the abort of the run. The next reader of the run finds the request, ahead of all
   * waiting messages.
   */
  async requestAbort(id: RunId, reason: string): Promise<void> {
    const state = await this.load(id);
    if (state === undefined || isTerminalRun(state.head.status)) return;
    const abort: AbortRequest = { reason, generation: state.head.generation };
    const key = headKey(id);
    const lifetime = { expiresAt: number(state.expiresAt) };
    await this.#table.update(
      key,
      { set: { a: await storeDocument(this.#table, key, abort, lifetime) } },
      { expression: 'attribute_exists(pk) AND attribute_not_exists(removed)' },
    );
  }

  /**
   * Allows other runs to use the values of this run. The fact is one attribute of the head's item,
   * beside the attribute for a removal in progress: of a concurrent share and removal, one comes
   * first.
   */
  async share(id: RunId): Promise<boolean> {
    if (this.#shared.has(id)) return true;
    const fresh = {
      expression:
        'attribute_exists(pk) AND attribute_not_exists(removed) AND attribute_not_exists(removalStarted) AND attribute_not_exists(#shared)',
    };
    const outcome = await this.#table.update(headKey(id), { set: { shared: number(1) } }, fresh);
    if (!outcome.applied) {
      const { item } = outcome;
      if (
        item === undefined ||
        item.removed !== undefined ||
        item.removalStarted !== undefined ||
        item.shared === undefined
      )
        return false;
    }
    if (this.#shared.size >= MAX_CACHED_SHARED_RUNS) this.#shared.clear();
    this.#shared.add(id);
    return true;
  }

  async startRemoval(id: RunId): Promise<{ readonly shared: boolean }> {
    const outcome = await this.#table.update(
      headKey(id),
      { set: { removalStarted: number(1) } },
      { expression: 'attribute_exists(pk) AND attribute_not_exists(#shared)' },
    );
    return { shared: !outcome.applied && outcome.item?.shared !== undefined };
  }

  async isBeingRemoved(id: RunId): Promise<boolean> {
    const item = await this.#table.get(headKey(id));
    return item?.removalStarted !== undefined && !this.#isRemoved(item);
  }

  /** Hides the run from all reads. Its data expires later. */
  async remove(id: RunId): Promise<void> {
    const attributes = ['kind', 'run', 'project', 'live', 'd', 'a'];
    const removal = { set: { removed: text('removed') }, remove: [...attributes, 'expiresAt'] };
    await this.#table.update(headKey(id), removal, { expression: 'attribute_exists(pk)' });
    this.#infos.delete(id);
    this.#shared.delete(id);
  }

  /** The run ended `runDays` ago. A resume that is on record made it active again. */
  #isOver({ status, endedAt }: RunHead): boolean {
    const { now, retention } = this.#lifetime;
    return (
      isTerminalRun(status) && endedAt !== null && endedAt + daysToMs(retention.runDays) <= now()
    );
  }

  #isRemoved(item: Item): boolean {
    return item.removed !== undefined || numberIn(item, 'expiresAt') * 1000 <= this.#lifetime.now();
  }
}

const withExpiryMargin = (expiresAt: number): number =>
  expiresAt + EXPIRY_MARGIN_DAYS * SECONDS_PER_DAY;
const revisionIn = (item: Item | undefined): number =>
  item === undefined ? 0 : Number(textIn(item, 'sk').slice(2));

/** An abort that was requested in this generation. A resume makes an earlier request obsolete. */
async function withAbort(table: Table, head: RunHead, item: Item): Promise<RunHead> {
  if (item.a === undefined || head.abortReason !== null || isTerminalRun(head.status)) return head;
  const { reason, generation } = await readDocument<AbortRequest>(table, item, 'a');
  return generation === head.generation ? { ...head, abortReason: reason } : head;
}

/**
 * Timers of a rewind whose checkpoint was completed by a process that did not know whether they
 * were set.
 */
const readTimers = async (table: Table, item: Item): Promise<readonly Timer[]> =>
  item.t === undefined ? [] : readDocument<readonly Timer[]>(table, item, 't');

export const runIdIn = (item: Item): RunId => runIdSchema.parse(textIn(item, 'run'));

function fail(message: string): never {
  throw new Error(message);
}
