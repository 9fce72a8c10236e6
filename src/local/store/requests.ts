/**
 * Idempotency keys in SQLite. Old ones go when a new one comes.
 *
 * @module
 */
import type { IdempotencyClaim, IdempotencyKeys } from '../../ports/idempotency-keys.ts';
import type { Database } from './database.ts';

const KEPT_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;

export class SqliteRequests implements IdempotencyKeys {
  readonly #database: Database;
  readonly #forget;
  readonly #insert;
  readonly #find;

  constructor(database: Database) {
    this.#database = database;
    this.#forget = database.write('DELETE FROM requests WHERE at < ?');
    this.#insert = database.write(
      'INSERT OR IGNORE INTO requests (key, request_hash, created_id, at) VALUES (?, ?, ?, ?)',
    );
    this.#find = database.first('SELECT request_hash, created_id FROM requests WHERE key = ?');
  }

  async claim(
    key: string,
    { requestHash, createdId }: IdempotencyClaim,
  ): Promise<IdempotencyClaim> {
    return this.#database.transaction(() => {
      const now = Date.now();
      this.#forget(now - KEPT_MILLISECONDS);
      this.#insert(key, requestHash, createdId, now);
      const row = this.#find(key);
      return {
        requestHash: this.#database.text(row?.[0]),
        createdId: this.#database.text(row?.[1]),
      };
    });
  }
}
