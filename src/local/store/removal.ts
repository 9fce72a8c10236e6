/**
 * Runs go from the store with all that hangs on them.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Removal } from '../../ports/removal.ts';
import type { Database } from './database.ts';
import { endOfRun, rowKey } from './keys.ts';
import type { Records } from './tasks.ts';

/** Tables whose rows have the run's number in the upper part of a key. */
const BY_KEY = [
  ['steps', 'id'],
  ['commits', 'id'],
  ['edges', 'parent'],
  ['reports', 'step'],
] as const;
const BY_RUN = ['waits', 'components', 'timers', 'run_reports', 'archived'] as const;

export class SqliteRemoval implements Removal {
  readonly #database: Database;
  readonly #records: Records;
  readonly #byKey;
  readonly #byRun;
  readonly #archivedReports;
  readonly #inbox;
  readonly #owner;

  constructor(database: Database, records: Records) {
    this.#database = database;
    this.#records = records;
    this.#byKey = BY_KEY.map(([table, key]) =>
      database.write(`DELETE FROM ${table} WHERE ${key} >= ? AND ${key} < ?`),
    );
    this.#byRun = BY_RUN.map((table) => database.write(`DELETE FROM ${table} WHERE run = ?`));
    this.#archivedReports = database.write(
      'DELETE FROM reports WHERE step IN (SELECT -seq FROM archived WHERE run = ?)',
    );
    this.#inbox = database.write('DELETE FROM inbox WHERE run = ?');
    this.#owner = database.write('DELETE FROM owners WHERE run = ?');
  }

  async startRemoval(id: RunId): Promise<{ readonly shared: boolean }> {
    return this.#records.runs.retire(id);
  }

  async remove(id: RunId): Promise<void> {
    this.#database.transaction(() => {
      const run = this.#records.runs.remove(id);
      if (run === undefined) return;
      this.#archivedReports(run);
      for (const remove of this.#byKey) remove(rowKey(run, 0), endOfRun(run));
      for (const remove of this.#byRun) remove(run);
      this.#inbox(id);
      this.#owner(id);
    });
  }
}
