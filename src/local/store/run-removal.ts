/**
 * Removes runs from the store, with all rows that belong to them.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Removal } from '../../ports/removal.ts';
import type { Database } from './database.ts';
import { rowKey, runEndKey } from './row-keys.ts';
import type { StoreRecords } from './sqlite-tasks.ts';

/** Tables with keys that contain the run's number (`row-keys.ts`), and the column of the key. */
const TABLES_BY_ROW_KEY = [
  ['steps', 'id'],
  ['commits', 'id'],
  ['edges', 'parent'],
  ['reports', 'step'],
] as const;
/** Tables with the run's number as a column. */
const TABLES_BY_RUN = [
  'unresolved_edges',
  'components',
  'timers',
  'run_reports',
  'run_outputs',
  'archived_steps',
] as const;

export class SqliteRemoval implements Removal {
  readonly #database: Database;
  readonly #records: StoreRecords;
  readonly #removeByKey;
  readonly #removeByRun;
  readonly #removeArchivedReports;
  readonly #removeInbox;
  readonly #removeOwner;

  constructor(database: Database, records: StoreRecords) {
    this.#database = database;
    this.#records = records;
    this.#removeByKey = TABLES_BY_ROW_KEY.map(([table, key]) =>
      database.write(`DELETE FROM ${table} WHERE ${key} >= ? AND ${key} < ?`),
    );
    this.#removeByRun = TABLES_BY_RUN.map((table) =>
      database.write(`DELETE FROM ${table} WHERE run = ?`),
    );
    this.#removeArchivedReports = database.write(
      'DELETE FROM reports WHERE step IN (SELECT -seq FROM archived_steps WHERE run = ?)',
    );
    this.#removeInbox = database.write('DELETE FROM inbox WHERE run = ?');
    this.#removeOwner = database.write('DELETE FROM owners WHERE run = ?');
  }

  async startRemoval(id: RunId): Promise<{ readonly shared: boolean }> {
    return this.#records.runs.startRemoval(id);
  }

  async isBeingRemoved(id: RunId): Promise<boolean> {
    return this.#records.runs.isBeingRemoved(id);
  }

  async remove(id: RunId): Promise<void> {
    this.#database.transaction(() => {
      const run = this.#records.runs.remove(id);
      if (run === undefined) return;
      this.#removeArchivedReports(run);
      for (const remove of this.#removeByKey) remove(rowKey(run, 0), runEndKey(run));
      for (const remove of this.#removeByRun) remove(run);
      this.#removeInbox(id);
      this.#removeOwner(id);
      this.#records.modelUses.removeFrom(id, 0);
    });
  }
}
