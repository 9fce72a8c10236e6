/**
 * Schedules and their firings in SQLite. Each method is one transaction.
 *
 * @module
 */
import type { Firing, FiringOutcome, Schedule, ScheduleName } from '../../model/schedule.ts';
import { MAX_KEPT_FIRINGS, type Schedules } from '../../ports/schedules.ts';
import type { Database, Row } from './database.ts';

const OF_SCHEDULE = 'project = ?1 AND name = ?2';

export class SqliteSchedules implements Schedules {
  readonly #database: Database;
  readonly #insert;
  readonly #replace;
  readonly #schedule;
  readonly #schedules;
  readonly #remove;
  readonly #removeFirings;
  readonly #advance;
  readonly #insertFiring;
  readonly #firing;
  readonly #updateFiring;
  readonly #trim;
  readonly #firings;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.write(
      'INSERT OR IGNORE INTO schedules (project, name, revision, position, doc) VALUES (?, ?, ?, ?, ?)',
    );
    this.#replace = database.write(
      `UPDATE schedules SET revision = ?3, position = ?4, doc = ?5 WHERE ${OF_SCHEDULE} AND revision = ?6`,
    );
    this.#schedule = database.first(`SELECT doc, position FROM schedules WHERE ${OF_SCHEDULE}`);
    this.#schedules = database.all(
      `SELECT doc, position FROM schedules
       WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR (project, name) > (?2, ?3)) ORDER BY project, name LIMIT ?4`,
    );
    this.#remove = database.write(`DELETE FROM schedules WHERE ${OF_SCHEDULE}`);
    this.#removeFirings = database.write(`DELETE FROM firings WHERE ${OF_SCHEDULE}`);
    this.#advance = database.write(
      `UPDATE schedules SET position = ?3 WHERE ${OF_SCHEDULE} AND position < ?3`,
    );
    this.#insertFiring = database.write(
      'INSERT OR IGNORE INTO firings (project, name, key, doc) VALUES (?, ?, ?, ?)',
    );
    this.#firing = database.first(`SELECT doc FROM firings WHERE ${OF_SCHEDULE} AND key = ?3`);
    this.#updateFiring = database.write(
      `UPDATE firings SET doc = ?4 WHERE ${OF_SCHEDULE} AND key = ?3`,
    );
    this.#trim = database.write(
      `DELETE FROM firings WHERE ${OF_SCHEDULE} AND key <
         (SELECT key FROM firings WHERE ${OF_SCHEDULE} ORDER BY key DESC LIMIT 1 OFFSET ${MAX_KEPT_FIRINGS - 1})`,
    );
    this.#firings = database.all(
      `SELECT doc FROM firings WHERE ${OF_SCHEDULE} ORDER BY key DESC LIMIT ?3`,
    );
  }

  async write(schedule: Schedule, expected: number | null): Promise<boolean> {
    const { project, name, revision, position } = schedule;
    const doc = JSON.stringify(schedule);
    const written =
      expected === null
        ? this.#insert(project, name, revision, position, doc)
        : this.#replace(project, name, revision, position, doc, expected);
    return written > 0;
  }

  async schedule({ project, name }: ScheduleName): Promise<Schedule | undefined> {
    const row = this.#schedule(project, name);
    return row === undefined ? undefined : this.#read(row);
  }

  async schedules({
    project,
    after,
    limit,
  }: Parameters<Schedules['schedules']>[0]): Promise<readonly Schedule[]> {
    return this.#schedules(project ?? null, after?.project ?? null, after?.name ?? null, limit).map(
      (row) => this.#read(row),
    );
  }

  async remove({ project, name }: ScheduleName): Promise<boolean> {
    return this.#database.transaction(() => {
      this.#removeFirings(project, name);
      return this.#remove(project, name) > 0;
    });
  }

  async advance({ project, name }: ScheduleName, position: number): Promise<void> {
    this.#advance(project, name, position);
  }

  async claim({ project, name }: ScheduleName, firing: Firing): Promise<Firing> {
    return this.#database.transaction(() => {
      const existing = this.#firing(project, name, firing.key);
      if (existing !== undefined) return this.#database.parse<Firing>(existing[0]);
      this.#insertFiring(project, name, firing.key, JSON.stringify(firing));
      this.#trim(project, name);
      return firing;
    });
  }

  async settle(
    { project, name }: ScheduleName,
    key: string,
    outcome: FiringOutcome,
  ): Promise<void> {
    this.#database.transaction(() => {
      const row = this.#firing(project, name, key);
      if (row === undefined) return;
      const firing = this.#database.parse<Firing>(row[0]);
      this.#updateFiring(project, name, key, JSON.stringify({ ...firing, outcome }));
    });
  }

  async firings({ project, name }: ScheduleName, limit: number): Promise<readonly Firing[]> {
    return this.#firings(project, name, limit).map(([doc]) => this.#database.parse<Firing>(doc));
  }

  #read([doc, position]: Row): Schedule {
    return {
      ...this.#database.parse<Schedule>(doc),
      position: this.#database.number(position),
    };
  }
}
