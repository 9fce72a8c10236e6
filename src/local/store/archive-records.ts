/**
 * Archived steps, which later calls with the same component and digest adopt.
 *
 * A rewind archives the steps that it removes, as a batch numbered by the revision that it creates.
 * A rerun copies steps of its source run, as batch 0.
 *
 * @module
 */
import type { Step } from '../../model/step.ts';
import type { Adoption, ArchivedStep } from '../../ports/tasks.ts';
import type { Database } from './database.ts';
import type { ReportRecords } from './report-records.ts';
import { rowKey, runEndKey } from './row-keys.ts';

const COPIED_BATCH = 0;

export class ArchiveRecords {
  readonly #database: Database;
  readonly #reports: ReportRecords;
  readonly #copySteps;
  readonly #insertStep;
  readonly #findStep;
  readonly #seq;
  readonly #adopt;
  readonly #superseded;

  constructor(database: Database, reports: ReportRecords) {
    this.#database = database;
    this.#reports = reports;
    this.#copySteps = database.write(
      `INSERT INTO archived_steps (run, batch, call, component, digest, adopted, doc)
       SELECT ?1, ?2, id - ?3, component, json_extract(doc, '$.digest'), 0, doc FROM steps WHERE id >= ?4 AND id < ?5 ORDER BY id`,
    );
    this.#insertStep = database.write(
      'INSERT OR IGNORE INTO archived_steps (run, batch, call, component, digest, adopted, doc) VALUES (?, ?, ?, ?, ?, 0, ?)',
    );
    this.#findStep = database.first(
      `SELECT batch, call, doc FROM archived_steps WHERE run = ?1 AND component = ?2 AND digest = ?3 AND adopted = 0
       AND batch || '.' || call NOT IN (SELECT value FROM json_each(?4)) ORDER BY seq LIMIT 1`,
    );
    this.#seq = database.first(
      'SELECT seq FROM archived_steps WHERE run = ? AND batch = ? AND call = ?',
    );
    this.#adopt = database.write(
      'UPDATE archived_steps SET adopted = 1 WHERE seq = ? AND adopted = 0',
    );
    this.#superseded = database.all(
      'SELECT doc FROM archived_steps WHERE run = ? AND batch > 0 AND adopted = 0 ORDER BY seq LIMIT ? OFFSET ?',
    );
  }

  /**
   * Copies the run's steps from call `call` on into the archive. The caller removes them from the
   * steps.
   */
  archiveFrom(run: number, batch: number, call: number): void {
    this.#copySteps(run, batch, rowKey(run, 0), rowKey(run, call), runEndKey(run));
    this.#reports.moveToArchived(run, batch, call);
  }

  /**
   * Copies steps of another run into the archive, with their reports. A step that is archived
   * already is left unchanged.
   */
  copy(run: number, sourceRun: number, steps: readonly Step[]): void {
    for (const step of steps) {
      if (
        this.#insertStep(
          run,
          COPIED_BATCH,
          step.call,
          step.component,
          step.digest,
          JSON.stringify(step),
        ) === 0
      )
        continue;
      this.#reports.copyToArchived(
        sourceRun,
        step.call,
        this.#database.number(this.#seq(run, COPIED_BATCH, step.call)?.[0]),
      );
    }
  }

  /** Returns the first step that is not adopted yet, without those in `excluded`. */
  findStep(
    run: number,
    component: string,
    digest: string,
    excluded: readonly string[],
  ): ArchivedStep | undefined {
    const row = this.#findStep(run, component, digest, JSON.stringify(excluded));
    if (row === undefined) return undefined;
    const [batch, call, doc] = row;
    return {
      archive: `${this.#database.number(batch)}.${this.#database.number(call)}`,
      step: this.#database.parse<Step>(doc),
    };
  }

  /** Marks the step as adopted, and moves its reports to the adopting call. */
  adopt(run: number, { archive, call }: Adoption): void {
    const [batch, archivedCall] = archive.split('.').map(Number);
    if (batch === undefined || archivedCall === undefined) return;
    const row = this.#seq(run, batch, archivedCall);
    if (row === undefined) return;
    const seq = this.#database.number(row[0]);
    if (this.#adopt(seq) > 0) this.#reports.adopt(seq, run, call);
  }

  /** The steps of rewinds that no call adopted, a page at a time. */
  superseded(run: number, limit: number, offset: number): readonly Step[] {
    return this.#superseded(run, limit, offset).map(
      ([doc]): Step => ({ ...this.#database.parse<Step>(doc), status: 'superseded' }),
    );
  }
}
