/**
 * One of a run's two growing lists (events, signatures), a row for each commit: the key says the number of the row's first item.
 *
 * @module
 */
import type { Database } from './database.ts';
import { endOfRun, numberOf, rowKey } from './keys.ts';

export class Pages<T> {
  readonly #database: Database;
  readonly #insert;
  readonly #read;
  readonly #last;
  readonly #removeFrom;

  constructor(database: Database, table: 'events' | 'signatures') {
    this.#database = database;
    this.#insert = database.write(`INSERT INTO ${table} (id, doc) VALUES (?, ?)`);
    // From the row that holds the first item asked for, or the first row behind it.
    this.#read = database.all(
      `SELECT id, doc FROM ${table} WHERE id >= coalesce((SELECT max(id) FROM ${table} WHERE id BETWEEN ?1 AND ?2), ?2) AND id < ?3 ORDER BY id`,
    );
    this.#last = database.first(`SELECT id, doc FROM ${table} WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1`);
    this.#removeFrom = database.write(`DELETE FROM ${table} WHERE id >= ?1 AND id < ?2`);
  }

  /** `first`: the number of the first of these items. */
  append(run: number, first: number, items: readonly T[]): void {
    if (items.length > 0) this.#insert(rowKey(run, first), JSON.stringify(items));
  }

  read(run: number, from: number, limit: number): readonly T[] {
    const found: T[] = [];
    for (const [id, doc] of this.#read(rowKey(run, 0), rowKey(run, from), rowKey(run, from + limit))) {
      const first = numberOf(this.#database.number(id));
      const items = this.#database.parse<readonly T[]>(doc);
      for (let n = Math.max(from, first); n < Math.min(first + items.length, from + limit); n += 1) {
        const item = items[n - first];
        if (item !== undefined) found.push(item);
      }
    }
    return found;
  }

  /** Removes the items from number `length` on. */
  cut(run: number, length: number): void {
    const last = length === 0 ? undefined : this.#last(rowKey(run, 0), rowKey(run, length - 1));
    this.#removeFrom(rowKey(run, length), endOfRun(run));
    if (last === undefined) return;
    const first = numberOf(this.#database.number(last[0]));
    const items = this.#database.parse<readonly T[]>(last[1]);
    if (first + items.length <= length) return;
    this.#removeFrom(rowKey(run, first), endOfRun(run));
    this.append(run, first, items.slice(0, length - first));
  }
}
