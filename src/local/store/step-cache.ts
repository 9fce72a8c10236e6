/**
 * The step cache in SQLite. Each method is one transaction. The numbers are the rules of the port.
 *
 * @module
 */
import { runIdSchema } from '../../model/ids.ts';
import type { Cache, CacheEntry, LeaseParty } from '../../ports/cache.ts';
import type { Database, Row } from './database.ts';

interface Filter {
  readonly project?: string;
  readonly component?: string;
  readonly key?: string;
}

const FILTER_CONDITION =
  '(?1 IS NULL OR project = ?1) AND (?2 IS NULL OR component = ?2) AND (?3 IS NULL OR key = ?3)';

export class SqliteCache implements Cache {
  readonly #database: Database;
  readonly #entry;
  readonly #putEntry;
  readonly #deleteEntry;
  readonly #listEntries;
  readonly #deleteEntries;
  readonly #holder;
  readonly #putLease;
  readonly #deleteLease;
  readonly #addWaiter;
  readonly #deleteWaiter;
  readonly #waiters;
  readonly #deleteWaiters;

  constructor(database: Database) {
    this.#database = database;
    this.#entry = database.first('SELECT doc FROM cache_entries WHERE key = ?');
    this.#putEntry = database.write(
      'INSERT OR REPLACE INTO cache_entries (key, project, component, created_at, doc) VALUES (?, ?, ?, ?, ?)',
    );
    this.#deleteEntry = database.write('DELETE FROM cache_entries WHERE key = ?');
    this.#listEntries = database.all(
      `SELECT doc FROM cache_entries WHERE ${FILTER_CONDITION} ORDER BY created_at DESC, key`,
    );
    this.#deleteEntries = database.write(`DELETE FROM cache_entries WHERE ${FILTER_CONDITION}`);
    this.#holder = database.first('SELECT run, call FROM cache_leases WHERE key = ?');
    this.#putLease = database.write(
      'INSERT OR REPLACE INTO cache_leases (key, run, call) VALUES (?, ?, ?)',
    );
    this.#deleteLease = database.write('DELETE FROM cache_leases WHERE key = ?');
    this.#addWaiter = database.write(
      'INSERT OR IGNORE INTO cache_waiters (key, run, call) VALUES (?, ?, ?)',
    );
    this.#deleteWaiter = database.write(
      'DELETE FROM cache_waiters WHERE key = ? AND run = ? AND call = ?',
    );
    this.#waiters = database.all(
      'SELECT run, call FROM cache_waiters WHERE key = ? ORDER BY rowid',
    );
    this.#deleteWaiters = database.write('DELETE FROM cache_waiters WHERE key = ?');
  }

  async entry(key: string): Promise<CacheEntry | undefined> {
    const row = this.#entry(key);
    return row === undefined ? undefined : this.#database.parse<CacheEntry>(row[0]);
  }

  async acquire(
    key: string,
    party: LeaseParty,
  ): Promise<{ readonly held: true } | { readonly held: false; readonly holder: LeaseParty }> {
    return this.#database.transaction(() => {
      const holder = this.#holderOf(key);
      if (holder === undefined) this.#putLease(key, party.run, party.call);
      if (holder === undefined || isSameParty(holder, party)) return { held: true };
      this.#addWaiter(key, party.run, party.call);
      return { held: false, holder };
    });
  }

  async holder(key: string): Promise<LeaseParty | undefined> {
    return this.#holderOf(key);
  }

  async takeOver(key: string, from: LeaseParty, to: LeaseParty): Promise<boolean> {
    return this.#database.transaction(() => {
      const holder = this.#holderOf(key);
      if (holder === undefined) return false;
      if (isSameParty(holder, to)) return true;
      if (!isSameParty(holder, from)) return false;
      this.#putLease(key, to.run, to.call);
      this.#deleteWaiter(key, to.run, to.call);
      return true;
    });
  }

  async publish(entry: CacheEntry, holder: LeaseParty): Promise<readonly LeaseParty[]> {
    return this.#database.transaction(() => {
      this.#putEntry(
        entry.key,
        entry.project,
        entry.component,
        entry.createdAt,
        JSON.stringify(entry),
      );
      return this.#releaseLease(entry.key, holder);
    });
  }

  async release(key: string, holder: LeaseParty): Promise<readonly LeaseParty[]> {
    return this.#database.transaction(() => this.#releaseLease(key, holder));
  }

  async stopWaiting(key: string, party: LeaseParty): Promise<void> {
    this.#deleteWaiter(key, party.run, party.call);
  }

  async removeEntry(key: string): Promise<void> {
    this.#deleteEntry(key);
  }

  async entries(filter: Filter): Promise<readonly CacheEntry[]> {
    return this.#listEntries(...filterParameters(filter)).map(([doc]) =>
      this.#database.parse<CacheEntry>(doc),
    );
  }

  async clear(filter: Filter): Promise<number> {
    return this.#deleteEntries(...filterParameters(filter));
  }

  /** Rules 1 and 3: only the holder releases its lease. Returns the parties that wait for it. */
  #releaseLease(key: string, holder: LeaseParty): readonly LeaseParty[] {
    const current = this.#holderOf(key);
    if (current === undefined || !isSameParty(current, holder)) return [];
    const waiters = this.#waiters(key).map((row) => this.#party(row));
    this.#deleteLease(key);
    this.#deleteWaiters(key);
    return waiters;
  }

  #holderOf(key: string): LeaseParty | undefined {
    const row = this.#holder(key);
    return row === undefined ? undefined : this.#party(row);
  }

  #party([run, call]: Row): LeaseParty {
    return { run: runIdSchema.parse(run), call: this.#database.number(call) };
  }
}

const isSameParty = (a: LeaseParty, b: LeaseParty): boolean => a.run === b.run && a.call === b.call;

const filterParameters = ({ project, component, key }: Filter): (string | null)[] => [
  project ?? null,
  component ?? null,
  key ?? null,
];
