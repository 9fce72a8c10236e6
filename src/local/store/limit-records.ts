/**
 * Limits of concurrency in SQLite. Each method is one transaction. The numbers are the rules of the
 * port.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { LimitState } from '../../model/limit-state.ts';
import type { Limits, StoredLimit } from '../../ports/limits.ts';
import type { Database } from './database.ts';

export class SqliteLimits implements Limits {
  readonly #database: Database;
  readonly #limit;
  readonly #put;
  readonly #delete;

  constructor(database: Database) {
    this.#database = database;
    this.#limit = database.first('SELECT version, doc FROM limits WHERE key = ?');
    this.#put = database.write(
      'INSERT OR REPLACE INTO limits (key, version, doc) VALUES (?, ?, ?)',
    );
    this.#delete = database.write('DELETE FROM limits WHERE key = ?');
  }

  async read(key: string): Promise<StoredLimit | undefined> {
    return this.#read(key);
  }

  async write(
    key: string,
    state: LimitState | undefined,
    version: string | undefined,
  ): Promise<boolean> {
    return this.#database.transaction(() => {
      if (this.#read(key)?.version !== version) return false;
      // Rule 2.
      if (state === undefined) this.#delete(key);
      else this.#put(key, randomBytes(9).toString('base64url'), JSON.stringify(state));
      return true;
    });
  }

  #read(key: string): StoredLimit | undefined {
    const row = this.#limit(key);
    return row === undefined
      ? undefined
      : { version: this.#database.text(row[0]), state: this.#database.parse<LimitState>(row[1]) };
  }
}
