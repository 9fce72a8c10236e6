/**
 * The records of steps, and of the edges between them.
 *
 * @module
 */
import { completedDurationMs, executionSpan } from '../../model/execution-totals.ts';
import { isTerminalStep, type Step } from '../../model/step.ts';
import { statusIndex } from '../../ports/run-state.ts';
import type { Edge } from '../../ports/tasks.ts';
import type { Database, Row } from './database.ts';
import { itemNumberOf, rowKey, runEndKey } from './row-keys.ts';

/** For fewer steps than this, one query for each step is faster than one for all. */
const BULK_READ_THRESHOLD = 4;

/**
 * True if the step is not terminal, or still waits for something before its completion is recorded.
 */
const isUnfinished = (step: Step): boolean =>
  !isTerminalStep(step.status) || step.waitingFor !== 'none';

export class StepRecords {
  readonly #database: Database;
  readonly #put;
  readonly #get;
  readonly #getMany;
  readonly #page;
  readonly #calls;
  readonly #callsNamed;
  readonly #unfinishedCalls;
  readonly #last;
  readonly #remove;

  constructor(database: Database) {
    this.#database = database;
    // The name and the component never change. An update of them would rewrite their indexes.
    this.#put = database.bulk(
      `INSERT INTO steps (id, name, component, unfinished, status, started_at, ended_at, duration_ms, doc) VALUES ?
       ON CONFLICT (id) DO UPDATE SET unfinished = excluded.unfinished, status = excluded.status, started_at = excluded.started_at,
         ended_at = excluded.ended_at, duration_ms = excluded.duration_ms, doc = excluded.doc`,
      9,
    );
    this.#get = database.first('SELECT doc FROM steps WHERE id = ?');
    this.#getMany = database.all(
      'SELECT id, doc FROM steps WHERE id IN (SELECT value FROM json_each(?))',
    );
    this.#page = database.all('SELECT doc FROM steps WHERE id >= ? AND id < ? ORDER BY id LIMIT ?');
    this.#calls = database.all('SELECT id FROM steps WHERE id > ? AND id < ? ORDER BY id LIMIT ?');
    this.#callsNamed = database.all(
      `SELECT id FROM (SELECT id FROM (SELECT id FROM steps WHERE component = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4)
       UNION SELECT id FROM (SELECT id FROM steps WHERE name = ?1 AND name <> component AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4)) ORDER BY id LIMIT ?4`,
    );
    this.#unfinishedCalls = database.all(
      'SELECT id FROM steps WHERE unfinished = 1 AND id > ? AND id < ? ORDER BY id LIMIT ?',
    );
    this.#last = database.first('SELECT max(id) FROM steps WHERE id >= ? AND id < ?');
    this.#remove = database.write('DELETE FROM steps WHERE id >= ? AND id < ?');
  }

  put(run: number, steps: readonly Step[]): void {
    this.#put(
      steps.map((step) => {
        const { startedAt, endedAt } = executionSpan(step);
        return [
          rowKey(run, step.call),
          step.name,
          step.component,
          isUnfinished(step) ? 1 : 0,
          statusIndex(step.status),
          startedAt,
          endedAt,
          completedDurationMs(step),
          JSON.stringify(step),
        ];
      }),
    );
  }

  get(run: number, call: number): Step | undefined {
    const row = this.#get(rowKey(run, call));
    return row === undefined ? undefined : this.#database.parse<Step>(row[0]);
  }

  /** Returns the steps in the order of `calls`. Missing steps are left out. */
  list(run: number, calls: readonly number[]): readonly Step[] {
    if (calls.length < BULK_READ_THRESHOLD)
      return calls.flatMap((call) => this.get(run, call) ?? []);
    const rows = this.#getMany(JSON.stringify(calls.map((call) => rowKey(run, call))));
    const docs = new Map(rows.map(([id, doc]) => [itemNumberOf(this.#database.number(id)), doc]));
    return calls.flatMap((call) =>
      docs.has(call) ? this.#database.parse<Step>(docs.get(call)) : [],
    );
  }

  /** Returns the steps from call `from` on. */
  page(run: number, from: number, limit: number): readonly Step[] {
    return this.#page(rowKey(run, from), runEndKey(run), limit).map(([doc]) =>
      this.#database.parse<Step>(doc),
    );
  }

  calls(run: number, after: number, limit: number): readonly number[] {
    return this.#toCalls(this.#calls(keyAbove(run, after), runEndKey(run), limit));
  }

  callsNamed(run: number, name: string, after: number, limit: number): readonly number[] {
    return this.#toCalls(this.#callsNamed(name, keyAbove(run, after), runEndKey(run), limit));
  }

  unfinishedCalls(run: number, after: number, limit: number): readonly number[] {
    return this.#toCalls(this.#unfinishedCalls(keyAbove(run, after), runEndKey(run), limit));
  }

  /** The number of calls of the run. Calls are numbered without gaps. */
  count(run: number): number {
    const last = this.#last(rowKey(run, 0), runEndKey(run))?.[0];
    return last === null || last === undefined ? 0 : itemNumberOf(this.#database.number(last)) + 1;
  }

  removeFrom(run: number, call: number): void {
    this.#remove(rowKey(run, call), runEndKey(run));
  }

  #toCalls(rows: readonly Row[]): readonly number[] {
    return rows.map(([id]) => itemNumberOf(this.#database.number(id)));
  }
}

export class EdgeRecords {
  readonly #database: Database;
  readonly #insertEdges;
  readonly #insertUnresolved;
  readonly #resolveName;
  readonly #children;
  readonly #parents;
  readonly #unresolvedChildren;
  readonly #removeByParent;
  readonly #removeByChild;
  readonly #removeUnresolved;

  constructor(database: Database) {
    this.#database = database;
    this.#insertEdges = database.bulk('INSERT OR IGNORE INTO edges (parent, child) VALUES ?', 2);
    this.#insertUnresolved = database.write(
      'INSERT OR IGNORE INTO unresolved_edges (run, name, child) VALUES (?, ?, ?)',
    );
    this.#resolveName = database.write('DELETE FROM unresolved_edges WHERE run = ? AND name = ?');
    // Returns one row with a list, because each additional row costs more than a number in it. Most
    // steps have few children or none.
    this.#children = database.first(
      'SELECT json_group_array(child) FROM (SELECT child FROM edges WHERE parent = ? AND child > ? ORDER BY child LIMIT ?)',
    );
    this.#parents = database.all(
      'SELECT parent FROM edges WHERE child = ? AND parent > ? ORDER BY parent LIMIT ?',
    );
    this.#unresolvedChildren = database.all(
      'SELECT child FROM unresolved_edges WHERE run = ? AND name = ? AND child > ? ORDER BY child LIMIT ?',
    );
    this.#removeByParent = database.write('DELETE FROM edges WHERE parent >= ? AND parent < ?');
    this.#removeByChild = database.write('DELETE FROM edges WHERE child >= ? AND child < ?');
    this.#removeUnresolved = database.write(
      'DELETE FROM unresolved_edges WHERE run = ? AND child >= ?',
    );
  }

  add(run: number, edges: readonly Edge[]): void {
    const rows: Row[] = [];
    for (const { parent, child } of edges) {
      if (typeof parent === 'number') rows.push([rowKey(run, parent), rowKey(run, child)]);
      else this.#insertUnresolved(run, parent, child);
    }
    this.#insertEdges(rows);
  }

  /** Removes the unresolved edges of a name that has a call now. */
  resolveName(run: number, name: string): void {
    this.#resolveName(run, name);
  }

  children(run: number, parent: number | string, after: number, limit: number): readonly number[] {
    if (typeof parent === 'string')
      return this.#unresolvedChildren(run, parent, after, limit).map(([child]) =>
        this.#database.number(child),
      );
    return this.#database
      .parse<readonly number[]>(
        this.#children(rowKey(run, parent), keyAbove(run, after), limit)?.[0],
      )
      .map(itemNumberOf);
  }

  parents(run: number, child: number, after: number, limit: number): readonly number[] {
    return this.#parents(rowKey(run, child), keyAbove(run, after), limit).map(([parent]) =>
      itemNumberOf(this.#database.number(parent)),
    );
  }

  /** Removes the edges from and to the calls with number `call` and above. */
  removeFrom(run: number, call: number): void {
    this.#removeByParent(rowKey(run, call), runEndKey(run));
    this.#removeByChild(rowKey(run, call), runEndKey(run));
    this.#removeUnresolved(run, call);
  }
}

/** The greatest key that is below the keys of the calls above `after`. */
const keyAbove = (run: number, after: number): number =>
  after < 0 ? rowKey(run, 0) - 1 : rowKey(run, after);
