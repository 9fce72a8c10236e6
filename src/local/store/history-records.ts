/**
 * The events, signatures and groups of a run, and the calls that each commit changed: one row for
 * each commit. The key of the row contains the run and the revision.
 *
 * 1. A row contains the total counts of events, signatures and groups after its commit. These
 *    counts do not decrease from row to row, so that the row with the n-th item of a kind is found
 *    by bisection.
 * 2. A commit only appends: one row, at the end of one tree.
 *
 * @module
 */
import type { HistoryEvent } from '../../model/history.ts';
import { type CallRanges, callsIn, rangesOf } from '../../model/limit-state.ts';
import type { RunHead } from '../../model/run.ts';
import type { Commit, Group } from '../../ports/tasks.ts';
import type { Database, Row } from './database.ts';
import { rowKey, runEndKey } from './row-keys.ts';

type HistoryKind = 'events' | 'signatures' | 'groups';

/** The number of rows that one query reads. */
const ROWS_PER_PAGE = 256;
/** Stands for the calls of a commit across which no changes are listed. */
const UNLISTED = '';

export class HistoryRecords {
  readonly #database: Database;
  readonly #insert;
  readonly #lastRow;
  readonly #changedCalls;
  readonly #columns: Readonly<Record<HistoryKind, ColumnStatements>>;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.write(
      'INSERT INTO commits (id, event_count, signature_count, group_count, event_docs, signature_docs, group_docs, changed_calls) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#lastRow = database.first(
      'SELECT id FROM commits WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1',
    );
    this.#changedCalls = database.all(
      'SELECT changed_calls FROM commits WHERE id >= ? AND id <= ? AND changed_calls IS NOT NULL',
    );
    this.#columns = {
      events: prepareColumn(database, 'event_count', 'event_docs'),
      signatures: prepareColumn(database, 'signature_count', 'signature_docs'),
      groups: prepareColumn(database, 'group_count', 'group_docs'),
    };
  }

  /**
   * Appends the row of a commit, if the commit has any of these.
   *
   * @param changed undefined: no changes are listed across the commit
   */
  append(
    run: number,
    head: RunHead,
    { events, signatures, groups }: Pick<Commit, HistoryKind>,
    changed: readonly number[] | undefined,
  ): void {
    if (events.length + signatures.length + groups.length === 0 && changed?.length === 0) return;
    this.#insert(
      rowKey(run, head.revision),
      head.eventCount,
      head.commandCount,
      head.groupCount,
      jsonOrNull(events),
      jsonOrNull(signatures),
      jsonOrNull(groups),
      changed === undefined ? UNLISTED : jsonOrNull(rangesOf(changed)),
    );
  }

  /**
   * The calls that the commits after revision `since` changed, up to `revision`; undefined if they
   * are not listed.
   */
  changedCalls(run: number, since: number, revision: number): ReadonlySet<number> | undefined {
    const found = new Set<number>();
    for (const [text] of this.#changedCalls(rowKey(run, since + 1), rowKey(run, revision))) {
      if (text === UNLISTED) return undefined;
      for (const call of callsIn(this.#database.parse<CallRanges>(text))) found.add(call);
    }
    return found;
  }

  events(run: number, from: number, limit: number): readonly HistoryEvent[] {
    return this.#read<HistoryEvent>(run, 'events', from, limit);
  }

  signatures(run: number, from: number, limit: number): readonly string[] {
    return this.#read<string>(run, 'signatures', from, limit);
  }

  /** The n-th group of the run. */
  group(run: number, n: number): Group | undefined {
    return this.#read<Group>(run, 'groups', n, 1)[0];
  }

  /** Removes the events and signatures from the given numbers on. */
  truncate(
    run: number,
    { events, signatures }: { readonly events: number; readonly signatures: number },
  ): void {
    this.#truncate(run, 'events', events);
    this.#truncate(run, 'signatures', signatures);
  }

  #truncate(run: number, kind: HistoryKind, length: number): void {
    const found = this.#rowOf(run, kind, length);
    if (found === undefined) return;
    const { page, trim, clearAfter } = this.#columns[kind];
    const [row] = page(found, found + 1, 1);
    const { first, items } = this.#items<unknown>(row);
    trim(length, first < length ? JSON.stringify(items.slice(0, length - first)) : null, found);
    clearAfter(length, found, runEndKey(run));
  }

  #read<T>(run: number, kind: HistoryKind, from: number, limit: number): readonly T[] {
    const result: T[] = [];
    const start = limit > 0 ? this.#rowOf(run, kind, from) : undefined;
    for (let next = start; next !== undefined && result.length < limit; ) {
      const rows = this.#columns[kind].page(next, runEndKey(run), ROWS_PER_PAGE);
      for (const row of rows) {
        const { first, items } = this.#items<T>(row);
        for (const item of items.slice(
          Math.max(0, from - first),
          Math.max(0, from + limit - first),
        ))
          result.push(item);
      }
      const last = rows.at(-1)?.[0];
      next =
        rows.length < ROWS_PER_PAGE || last === undefined
          ? undefined
          : this.#database.number(last) + 1;
    }
    return result;
  }

  #items<T>(row: Row | undefined): { readonly first: number; readonly items: readonly T[] } {
    if (row === undefined) return this.#database.throwCorrupt('a commit is missing from a history');
    const items = row[2] === null ? [] : this.#database.parse<readonly T[]>(row[2]);
    return { first: this.#database.number(row[1]) - items.length, items };
  }

  /** The key of the row that holds item `n`: the first row with a count above `n`. */
  #rowOf(run: number, kind: HistoryKind, n: number): number | undefined {
    const { firstFrom } = this.#columns[kind];
    const last = this.#lastRow(rowKey(run, 0), runEndKey(run))?.[0];
    if (last === undefined) return undefined;
    let low = rowKey(run, 0);
    let high = this.#database.number(last) + 1;
    let found: number | undefined;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = firstFrom(middle);
      if (row === undefined) return this.#database.throwCorrupt('a history has no last row');
      const id = this.#database.number(row[0]);
      if (this.#database.number(row[1]) > n) {
        found = id;
        high = middle;
      } else low = id + 1;
    }
    return found;
  }
}

/** The statements for one kind of items. */
interface ColumnStatements {
  /** Returns the key and the count of the first row from a key on. */
  readonly firstFrom: (from: number) => Row | undefined;
  /** Returns rows: the key, the count and the items of each. */
  readonly page: (from: number, end: number, limit: number) => readonly Row[];
  /** Replaces the count and the items of one row. */
  readonly trim: (count: number, items: string | null, id: number) => number;
  /** Removes the items from all rows after a key. */
  readonly clearAfter: (count: number, after: number, end: number) => number;
}

const prepareColumn = (
  database: Database,
  count: `${'event' | 'signature' | 'group'}_count`,
  items: string,
): ColumnStatements => ({
  firstFrom: database.first(`SELECT id, ${count} FROM commits WHERE id >= ? ORDER BY id LIMIT 1`),
  page: database.all(
    `SELECT id, ${count}, ${items} FROM commits WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`,
  ),
  trim: database.write(`UPDATE commits SET ${count} = ?, ${items} = ? WHERE id = ?`),
  clearAfter: database.write(
    `UPDATE commits SET ${count} = ?, ${items} = NULL WHERE id > ? AND id < ?`,
  ),
});

const jsonOrNull = (items: readonly unknown[]): string | null =>
  items.length === 0 ? null : JSON.stringify(items);
