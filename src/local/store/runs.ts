/**
 * Runs: what never changes (`info`, with the run's number in this file) and the head.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Run, RunHead, RunInfo } from '../../model/run.ts';
import { RunRemovedError } from '../../ports/removal.ts';
import { StaleRunError } from '../../ports/tasks.ts';
import type { Database } from './database.ts';

/** Infos in memory: they hold the list of the code's bundles, which is not worth reading for every message. */
const KEPT_RUNS = 64;
const KEPT_SHARED = 1000;
/** Stands in the place of a removed run's info: the row stays, so that its id, its number and its place in the keys are not used again. */
const REMOVED = '';

export interface KnownRun {
  /** The run's number among all runs of this file, the upper part of its rows' keys. */
  readonly seq: number;
  readonly info: RunInfo;
}

export class RunRecords {
  readonly #known = new Map<RunId, KnownRun>();
  /** Runs that are known to be shared as long as they are there: once is for ever. */
  readonly #shared = new Set<RunId>();
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
  readonly #retire;
  readonly #isShared;

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
      'UPDATE runs SET shared = 1 WHERE id = ? AND retired = 0 AND info <> ?',
    );
    this.#retire = database.write('UPDATE runs SET retired = 1 WHERE id = ?');
    this.#isShared = database.first('SELECT shared FROM runs WHERE id = ?');
  }

  create(info: Omit<RunInfo, 'number'>, head: RunHead): Run {
    return this.#database.transaction(() => {
      const there = this.get(info.id);
      if (there !== undefined) return there;
      if (this.#find(info.id) !== undefined) throw new RunRemovedError(info.id);
      const number = this.#database.number(this.#lastNumber(info.project, info.pipeline)?.[0]) + 1;
      const numbered: RunInfo = { ...info, number };
      this.#insert(info.id, info.project, info.pipeline, number, JSON.stringify(numbered));
      this.#insertHead(info.id, head.revision, head.status, JSON.stringify(head));
      return { info: numbered, head };
    });
  }

  get(id: RunId): Run | undefined {
    const known = this.known(id);
    const head = known === undefined ? undefined : this.#head(known.seq);
    return known === undefined || head === undefined
      ? undefined
      : { info: known.info, head: this.#database.parse<RunHead>(head[0]) };
  }

  /** The run's number in this file; undefined if there is no such run. */
  seq(id: RunId): number | undefined {
    return this.known(id)?.seq;
  }

  /** Puts the new head in the place of the one before it, and answers with the run's number in this file. */
  advance(id: RunId, head: RunHead): number {
    const seq = this.seq(id);
    const before = head.revision - 1;
    if (
      seq === undefined ||
      this.#updateHead(head.revision, head.status, JSON.stringify(head), seq, before) === 0
    )
      throw new StaleRunError(id, before);
    return seq;
  }

  /** False if the run is gone or going. */
  share(id: RunId): boolean {
    if (this.#shared.has(id)) return true;
    if (this.#share(id, REMOVED) === 0) return false;
    if (this.#shared.size >= KEPT_SHARED) this.#shared.clear();
    this.#shared.add(id);
    return true;
  }

  retire(id: RunId): { readonly shared: boolean } {
    return this.#database.transaction(() => {
      this.#retire(id);
      return { shared: this.#isShared(id)?.[0] === 1 };
    });
  }

  /** Answers with the number that the run had. */
  remove(id: RunId): number | undefined {
    const seq = this.seq(id);
    if (seq === undefined) return undefined;
    this.#removeInfo(REMOVED, seq);
    this.#removeHead(seq);
    this.#known.delete(id);
    this.#shared.delete(id);
    return seq;
  }

  known(id: RunId): KnownRun | undefined {
    const kept = this.#known.get(id);
    if (kept !== undefined) return kept;
    const row = this.#find(id);
    if (row === undefined || row[1] === REMOVED) return undefined;
    const known = {
      seq: this.#database.number(row[0]),
      info: this.#database.parse<RunInfo>(row[1]),
    };
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < KEPT_RUNS) break;
      this.#known.delete(oldest);
    }
    this.#known.set(id, known);
    return known;
  }
}
