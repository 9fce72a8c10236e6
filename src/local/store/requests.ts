/**
 * Idempotency keys in SQLite. Old ones go when a new one comes.
 *
 * @module
 */
import type { Claim, Requests } from '../../ports/requests.ts';
import type { Database } from './database.ts';

const KEPT_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;

export class SqliteRequests implements Requests {
  readonly #database: Database;
  readonly #forget;
  readonly #insert;
  readonly #find;

  constructor(database: Database) {
    this.#database = database;
    this.#forget = database.write('DELETE FROM requests WHERE at < ?');
    this.#insert = database.write('INSERT OR IGNORE INTO requests (key, request, subject, at) VALUES (?, ?, ?, ?)');
    this.#find = database.first('SELECT request, subject FROM requests WHERE key = ?');
  }

  async claim(key: string, { request, subject }: Claim): Promise<Claim> {
    return this.#database.transaction(() => {
      const now = Date.now();
      this.#forget(now - KEPT_MILLISECONDS);
      this.#insert(key, request, subject, now);
      const row = this.#find(key);
      return { request: this.#database.text(row?.[0]), subject: this.#database.text(row?.[1]) };
    });
  }
}
