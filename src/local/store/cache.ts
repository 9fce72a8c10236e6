/**
 * The step cache in SQLite: one transaction a call. The numbers are the rules of the port.
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

const MATCHING =
  '(?1 IS NULL OR project = ?1) AND (?2 IS NULL OR component = ?2) AND (?3 IS NULL OR key = ?3)';

export class SqliteCache implements Cache {
  readonly #database: Database;
  readonly #entry;
  readonly #putEntry;
  readonly #dropEntry;
  readonly #listEntries;
  readonly #clearEntries;
  readonly #holder;
  readonly #hold;
  readonly #unhold;
  readonly #wait;
  readonly #unwait;
  readonly #waiters;
  readonly #forgetWaiters;

  constructor(database: Database) {
    this.#database = database;
    this.#entry = database.first('SELECT doc FROM cache_entries WHERE key = ?');
    this.#putEntry = database.write(
      'INSERT OR REPLACE INTO cache_entries (key, project, component, created_at, doc) VALUES (?, ?, ?, ?, ?)',
    );
    this.#dropEntry = database.write('DELETE FROM cache_entries WHERE key = ?');
    this.#listEntries = database.all(
      `SELECT doc FROM cache_entries WHERE ${MATCHING} ORDER BY created_at DESC, key`,
    );
    this.#clearEntries = database.write(`DELETE FROM cache_entries WHERE ${MATCHING}`);
    this.#holder = database.first('SELECT run, call FROM cache_leases WHERE key = ?');
    this.#hold = database.write(
      'INSERT OR REPLACE INTO cache_leases (key, run, call) VALUES (?, ?, ?)',
    );
    this.#unhold = database.write('DELETE FROM cache_leases WHERE key = ?');
    this.#wait = database.write(
      'INSERT OR IGNORE INTO cache_waiters (key, run, call) VALUES (?, ?, ?)',
    );
    this.#unwait = database.write(
      'DELETE FROM cache_waiters WHERE key = ? AND run = ? AND call = ?',
    );
    this.#waiters = database.all(
      'SELECT run, call FROM cache_waiters WHERE key = ? ORDER BY rowid',
    );
    this.#forgetWaiters = database.write('DELETE FROM cache_waiters WHERE key = ?');
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
      if (holder === undefined) this.#hold(key, party.run, party.call);
      if (holder === undefined || isSame(holder, party)) return { held: true };
      this.#wait(key, party.run, party.call);
      return { held: false, holder };
    });
  }

  async takeOver(key: string, from: LeaseParty, to: LeaseParty): Promise<boolean> {
    return this.#database.transaction(() => {
      const holder = this.#holderOf(key);
      if (holder === undefined) return false;
      if (isSame(holder, to)) return true;
      if (!isSame(holder, from)) return false;
      this.#hold(key, to.run, to.call);
      this.#unwait(key, to.run, to.call);
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
      return this.#end(entry.key, holder);
    });
  }

  async release(key: string, holder: LeaseParty): Promise<readonly LeaseParty[]> {
    return this.#database.transaction(() => this.#end(key, holder));
  }

  async stopWaiting(key: string, party: LeaseParty): Promise<void> {
    this.#unwait(key, party.run, party.call);
  }

  async removeEntry(key: string): Promise<void> {
    this.#dropEntry(key);
  }

  async entries(filter: Filter): Promise<readonly CacheEntry[]> {
    return this.#listEntries(...parameters(filter)).map(([doc]) =>
      this.#database.parse<CacheEntry>(doc),
    );
  }

  async clear(filter: Filter): Promise<number> {
    return this.#clearEntries(...parameters(filter));
  }

  /** Rules 1 and 3: only the holder ends its lease, and whoever waits then is told. */
  #end(key: string, holder: LeaseParty): readonly LeaseParty[] {
    const current = this.#holderOf(key);
    if (current === undefined || !isSame(current, holder)) return [];
    const waiters = this.#waiters(key).map((row) => this.#party(row));
    this.#unhold(key);
    this.#forgetWaiters(key);
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

const isSame = (a: LeaseParty, b: LeaseParty): boolean => a.run === b.run && a.call === b.call;

const parameters = ({ project, component, key }: Filter): (string | null)[] => [
  project ?? null,
  component ?? null,
  key ?? null,
];
