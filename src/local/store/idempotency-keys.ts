/**
 * Idempotency keys in SQLite. Each claim removes the expired keys.
 *
 * @module
 */
import type { IdempotencyClaim, IdempotencyKeys } from '../../ports/idempotency-keys.ts';
import type { Database } from './database.ts';

const RETENTION_MS = 7 * 24 * 60 * 60 * 1000;

export class SqliteIdempotencyKeys implements IdempotencyKeys {
  readonly #database: Database;
  readonly #deleteExpired;
  readonly #insert;
  readonly #find;

  constructor(database: Database) {
    this.#database = database;
    this.#deleteExpired = database.write('DELETE FROM idempotency_keys WHERE created_at < ?');
    this.#insert = database.write(
      'INSERT OR IGNORE INTO idempotency_keys (key, request_hash, created_id, created_at) VALUES (?, ?, ?, ?)',
    );
    this.#find = database.first(
      'SELECT request_hash, created_id FROM idempotency_keys WHERE key = ?',
    );
  }

  async claim(
    key: string,
    { requestHash, createdId }: IdempotencyClaim,
  ): Promise<IdempotencyClaim> {
    return this.#database.transaction(() => {
      const now = Date.now();
      this.#deleteExpired(now - RETENTION_MS);
      this.#insert(key, requestHash, createdId, now);
      const row = this.#find(key);
      return {
        requestHash: this.#database.text(row?.[0]),
        createdId: this.#database.text(row?.[1]),
      };
    });
  }
}
