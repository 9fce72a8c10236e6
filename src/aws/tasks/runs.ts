/**
 * Runs: created once, and read with what was committed since the last checkpoint.
 *
 * 1. The head's item is written last: a run is there when its head is.
 * 2. One query reads the head and the commits since the last checkpoint: as much at 10 steps as at 10,000. A process that knows the run reads only what is new.
 * 3. A run that was removed, or has expired, is not there.
 *
 * @module
 */
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { isTerminalRun, type Run, type RunHead, type RunInfo } from '../../model/run.ts';
import { RunRemovedError } from '../../ports/removal.ts';
import type { Timer } from '../../ports/tasks.ts';
import { decode, encode } from '../dynamodb/documents.ts';
import { ABSENT, bytes, bytesIn, type Item, inParallel, number, numberIn, type Table, text, textIn } from '../dynamodb/table.ts';
import { checkpoint, headAttributes, isCut } from './checkpoint.ts';
import { headKey, infoKey, logKey, runPartition } from './keys.ts';
import { readRecord } from './log.ts';
import type { RunState } from './state.ts';

export interface Lifetime {
  readonly now: () => number;
  readonly retentionDays: number;
}

/** What somebody wants of the run beside its commits: read with the head. */
interface Abort {
  readonly reason: string;
  readonly generation: number;
}

const DAY = 86_400;
/** Days by which what belongs to a run outlives it: the time-to-live of its head may be noticed some days late. */
const MARGIN_DAYS = 7;
/** The head and the commits that there are at the most between two checkpoints. */
const FIRST_PAGE = 18;
const KEPT_INFOS = 64;
const KEPT_SHARED = 1000;

export class RunRecords {
  readonly #table: Table;
  readonly #lifetime: Lifetime;
  /** They never change, and hold the list of the code's bundles, which is not worth reading for every message. */
  readonly #infos = new Map<RunId, RunInfo>();
  /** Runs that are known to be shared: once is for ever. */
  readonly #shared = new Set<RunId>();

  constructor(table: Table, lifetime: Lifetime) {
    this.#table = table;
    this.#lifetime = lifetime;
  }

  async create(info: Omit<RunInfo, 'number'>, head: RunHead): Promise<RunState> {
    const there = await this.#existing(info.id);
    if (there !== undefined) return there;
    const expiresAt = Math.floor(info.createdAt / 1000) + this.#lifetime.retentionDays * DAY;
    const numbered = await this.#number(info, expiresAt);
    const attributes = { ...headAttributes(head), e: number(0), expiresAt: number(expiresAt), kind: text('run'), run: text(info.id) };
    const { project, pipeline } = numbered;
    const outcome = await this.#table.put(headKey(info.id), { ...attributes, project: text(project), pipeline: text(pipeline) }, ABSENT);
    const state = outcome.done
      ? { id: info.id, base: head, head, tail: [], epoch: 0, expiresAt: later(expiresAt), timers: [], armed: head.revision }
      : undefined;
    return state ?? (await this.#existing(info.id)) ?? fail(`run ${info.id} was created and is gone`);
  }

  /** A number of its own, kept with the info: whoever creates the run again finds it. */
  async #number(info: Omit<RunInfo, 'number'>, expiresAt: number): Promise<RunInfo> {
    const known = await this.info(info.id);
    if (known !== undefined) return known;
    const counter = { pk: `COUNT#${info.project}`, sk: info.pipeline };
    const numbered = { ...info, number: await this.#table.count(counter, 'n', 1) };
    const outcome = await this.#table.put(infoKey(info.id), { d: bytes(encode(numbered)), expiresAt: number(later(expiresAt)) }, ABSENT);
    if (outcome.done) return numbered;
    return decode<RunInfo>(bytesIn(outcome.item ?? {}, 'd'));
  }

  async #existing(id: RunId): Promise<RunState | undefined> {
    const item = await this.#table.get(headKey(id));
    if (item?.gone !== undefined) throw new RunRemovedError(id);
    return item === undefined ? undefined : this.load(id);
  }

  async info(id: RunId): Promise<RunInfo | undefined> {
    const kept = this.#infos.get(id);
    if (kept !== undefined) return kept;
    const item = await this.#table.get(infoKey(id));
    if (item === undefined) return undefined;
    const info = decode<RunInfo>(bytesIn(item, 'd'));
    for (const oldest of this.#infos.keys()) {
      if (this.#infos.size < KEPT_INFOS) break;
      this.#infos.delete(oldest);
    }
    this.#infos.set(id, info);
    return info;
  }

  async record(state: RunState): Promise<Run | undefined> {
    const info = await this.info(state.id);
    return info === undefined ? undefined : { info, head: state.head };
  }

  /** The run as it is now. `known` is what this process read of it before. */
  async load(id: RunId, known?: RunState): Promise<RunState | undefined> {
    const pk = runPartition(id);
    const from = logKey(id, known === undefined ? 0 : known.head.revision + 1).sk;
    const { sk } = headKey(id);
    let item: Item | undefined;
    let base = 0;
    const items: Item[] = [];
    for await (const page of this.#table.pages({ pk, from, to: sk, descending: true, limit: FIRST_PAGE })) {
      for (const each of page) {
        if (textIn(each, 'sk') === sk) item = each;
        else items.push(each);
      }
      if (item === undefined || this.#isGone(item)) return undefined;
      base = numberIn(item, 'r');
      if (revisionIn(items.at(-1)) <= base + 1) break;
    }
    if (item === undefined) return undefined;
    const fresh = await inParallel(items.filter((each) => revisionIn(each) > base).reverse(), (each) => readRecord(this.#table, id, each));
    const tail = [...(known?.tail ?? []).filter((record) => record.head.revision > base), ...fresh];
    tail.forEach((record, n) => {
      if (record.head.revision !== base + 1 + n) fail(`the log of run ${id} has a gap behind revision ${base + n}`);
    });
    const isSame = known?.base.revision === base;
    const head = isSame ? known.base : decode<RunHead>(bytesIn(item, 'd'));
    const state: RunState = {
      id,
      base: head,
      tail,
      head: withAbort(tail.at(-1)?.head ?? head, item),
      epoch: numberIn(item, 'e'),
      expiresAt: later(numberIn(item, 'expiresAt')),
      timers: tail.at(-1)?.timers ?? timersIn(item),
      armed: known?.armed ?? -1,
    };
    return isCut(state) ? checkpoint(this.#table, state) : state;
  }

  /** Asks for the run's end: seen by whoever reads the run next, ahead of all messages that wait. */
  async requestAbort(id: RunId, reason: string): Promise<void> {
    const state = await this.load(id);
    if (state === undefined || isTerminalRun(state.head.status)) return;
    const abort: Abort = { reason, generation: state.head.generation };
    await this.#table.update(headKey(id), { set: { a: bytes(encode(abort)) } }, { expression: 'attribute_exists(pk) AND attribute_not_exists(gone)' });
  }

  /**
   * Other runs may use its values from now on. Whether it is so is one attribute of the head's item, beside the one that says that the run is being removed:
   * of sharing and removing at once, one is first.
   */
  async share(id: RunId): Promise<boolean> {
    if (this.#shared.has(id)) return true;
    const fresh = { expression: 'attribute_exists(pk) AND attribute_not_exists(gone) AND attribute_not_exists(retired) AND attribute_not_exists(#shared)' };
    const outcome = await this.#table.update(headKey(id), { set: { shared: number(1) } }, fresh);
    if (!outcome.done) {
      const { item } = outcome;
      if (item === undefined || item.gone !== undefined || item.retired !== undefined || item.shared === undefined) return false;
    }
    if (this.#shared.size >= KEPT_SHARED) this.#shared.clear();
    this.#shared.add(id);
    return true;
  }

  async retire(id: RunId): Promise<{ readonly shared: boolean }> {
    const outcome = await this.#table.update(
      headKey(id),
      { set: { retired: number(1) } },
      { expression: 'attribute_exists(pk) AND attribute_not_exists(#shared)' },
    );
    return { shared: !outcome.done && outcome.item?.shared !== undefined };
  }

  /** Nothing finds the run any more; what belongs to it goes when its time is over. */
  async remove(id: RunId): Promise<void> {
    const attributes = ['kind', 'run', 'project', 'live', 'd', 'a'];
    const gone = { set: { gone: text('removed') }, remove: [...attributes, 'expiresAt'] };
    await this.#table.update(headKey(id), gone, { expression: 'attribute_exists(pk)' });
    this.#infos.delete(id);
    this.#shared.delete(id);
  }

  #isGone(item: Item): boolean {
    return item.gone !== undefined || numberIn(item, 'expiresAt') * 1000 <= this.#lifetime.now();
  }
}

const later = (expiresAt: number): number => expiresAt + MARGIN_DAYS * DAY;
const revisionIn = (item: Item | undefined): number => (item === undefined ? 0 : Number(textIn(item, 'sk').slice(2)));

/** An abort that was asked for in this generation: a run that was resumed since is not meant. */
function withAbort(head: RunHead, item: Item): RunHead {
  if (item.a === undefined || head.abortReason !== null || isTerminalRun(head.status)) return head;
  const { reason, generation } = decode<Abort>(bytesIn(item, 'a'));
  return generation === head.generation ? { ...head, abortReason: reason } : head;
}

/** Timers of a rewind that somebody finished who could not know whether they were set. */
const timersIn = (item: Item): readonly Timer[] => (item.t === undefined ? [] : decode<readonly Timer[]>(bytesIn(item, 't')));

export const runIdIn = (item: Item): RunId => runIdSchema.parse(textIn(item, 'run'));

function fail(message: string): never {
  throw new Error(message);
}
