/**
 * The records of runs: the immutable info, and the head.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Run, RunHead, RunInfo } from '../../model/run.ts';
import { RunRemovedError } from '../../ports/removal.ts';
import { StaleRunError } from '../../ports/tasks.ts';
import type { Database } from './database.ts';

/**
 * Infos are cached because they contain the list of the code's bundles, which is expensive to read
 * for every message.
 */
const MAX_CACHED_RUNS = 64;
const MAX_CACHED_SHARED_RUNS = 1000;
/**
 * Replaces the info of a removed run. The row stays, so that the run's id, its number and its keys
 * are not reused.
 */
const REMOVED_INFO = '';

export interface CachedRun {
  /** The run's number among all runs of this file, the upper part of its rows' keys. */
  readonly seq: number;
  readonly info: RunInfo;
}

export class SqliteRunRecords {
  readonly #cachedRuns = new Map<RunId, CachedRun>();
  /** Runs that are known to be shared. A shared run stays shared until it is removed. */
  readonly #sharedRuns = new Set<RunId>();
  readonly #database: Database;
  readonly #find;
  readonly #insert;
  readonly #lastNumber;
  readonly #insertHead;
  readonly #head;
  readonly #updateHead;
  readonly #removeInfo;
  readonly #removeHead;
  readonly #share;
  readonly #startRemoval;
  readonly #isShared;
  readonly #isBeingRemoved;

  constructor(database: Database) {
    this.#database = database;
    this.#find = database.first('SELECT seq, info FROM runs WHERE id = ?');
    this.#insert = database.write(
      'INSERT INTO runs (id, project, pipeline, number, info) VALUES (?, ?, ?, ?, ?)',
    );
    this.#lastNumber = database.first(
      'SELECT coalesce(max(number), 0) FROM runs WHERE project = ? AND pipeline = ?',
    );
    this.#insertHead = database.write(
      'INSERT INTO heads (run, revision, status, doc) VALUES ((SELECT seq FROM runs WHERE id = ?), ?, ?, ?)',
    );
    this.#head = database.first('SELECT doc FROM heads WHERE run = ?');
    this.#updateHead = database.write(
      'UPDATE heads SET revision = ?, status = ?, doc = ? WHERE run = ? AND revision = ?',
    );
    this.#removeInfo = database.write('UPDATE runs SET info = ? WHERE seq = ?');
    this.#removeHead = database.write('DELETE FROM heads WHERE run = ?');
    this.#share = database.write(
      'UPDATE runs SET shared = 1 WHERE id = ? AND removal_started = 0 AND info <> ?',
    );
    this.#startRemoval = database.write('UPDATE runs SET removal_started = 1 WHERE id = ?');
    this.#isShared = database.first('SELECT shared FROM runs WHERE id = ?');
    this.#isBeingRemoved = database.first(
      'SELECT 1 FROM runs WHERE id = ? AND removal_started = 1 AND info <> ?',
    );
  }

  /** Creates the run, or returns the existing one. @throws RunRemovedError */
  create(info: Omit<RunInfo, 'number'>, head: RunHead): Run {
    return this.#database.transaction(() => {
      const existing = this.get(info.id);
      if (existing !== undefined) return existing;
      if (this.#find(info.id) !== undefined) throw new RunRemovedError(info.id);
      const number = this.#database.number(this.#lastNumber(info.project, info.pipeline)?.[0]) + 1;
      const numbered: RunInfo = { ...info, number };
      this.#insert(info.id, info.project, info.pipeline, number, JSON.stringify(numbered));
      this.#insertHead(info.id, head.revision, head.status, JSON.stringify(head));
      return { info: numbered, head };
    });
  }

  get(id: RunId): Run | undefined {
    const cached = this.load(id);
    const head = cached === undefined ? undefined : this.#head(cached.seq);
    return cached === undefined || head === undefined
      ? undefined
      : { info: cached.info, head: this.#database.parse<RunHead>(head[0]) };
  }

  /** The run's number in this file; undefined if there is no such run. */
  seq(id: RunId): number | undefined {
    return this.load(id)?.seq;
  }

  /**
   * Replaces the head of the previous revision, and returns the run's number in this file. @throws
   * StaleRunError
   */
  advance(id: RunId, head: RunHead): number {
    const seq = this.seq(id);
    const previousRevision = head.revision - 1;
    if (
      seq === undefined ||
      this.#updateHead(head.revision, head.status, JSON.stringify(head), seq, previousRevision) ===
        0
    )
      throw new StaleRunError(id, previousRevision);
    return seq;
  }

  /** Marks the run as shared. Returns false if the run is missing or being removed. */
  share(id: RunId): boolean {
    if (this.#sharedRuns.has(id)) return true;
    if (this.#share(id, REMOVED_INFO) === 0) return false;
    if (this.#sharedRuns.size >= MAX_CACHED_SHARED_RUNS) this.#sharedRuns.clear();
    this.#sharedRuns.add(id);
    return true;
  }

  startRemoval(id: RunId): { readonly shared: boolean } {
    return this.#database.transaction(() => {
      this.#startRemoval(id);
      return { shared: this.#isShared(id)?.[0] === 1 };
    });
  }

  isBeingRemoved(id: RunId): boolean {
    return this.#isBeingRemoved(id, REMOVED_INFO) !== undefined;
  }

  /** Returns the number of the removed run; undefined if it is missing. */
  remove(id: RunId): number | undefined {
    const seq = this.seq(id);
    if (seq === undefined) return undefined;
    this.#removeInfo(REMOVED_INFO, seq);
    this.#removeHead(seq);
    this.#cachedRuns.delete(id);
    this.#sharedRuns.delete(id);
    return seq;
  }

  load(id: RunId): CachedRun | undefined {
    const cached = this.#cachedRuns.get(id);
    if (cached !== undefined) return cached;
    const row = this.#find(id);
    if (row === undefined || row[1] === REMOVED_INFO) return undefined;
    const loaded = {
      seq: this.#database.number(row[0]),
      info: this.#database.parse<RunInfo>(row[1]),
    };
    for (const oldest of this.#cachedRuns.keys()) {
      if (this.#cachedRuns.size < MAX_CACHED_RUNS) break;
      this.#cachedRuns.delete(oldest);
    }
    this.#cachedRuns.set(id, loaded);
    return loaded;
  }
}
