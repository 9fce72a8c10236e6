/**
 * The reports of steps and runs: metric points, lines of text and plots.
 *
 * The reports of a step have the key of its row. Those of an archived step have the negated number
 * of the archived row; when a call adopts the step, they move to the key of the call.
 *
 * @module
 */
import type { Plot, Report } from '../../model/artifacts.ts';
import {
  countedPoints,
  fromStoredRunReport,
  type RunPoints,
  type StoredRunReport,
  toStoredRunReport,
} from '../../model/run-reports.ts';
import type { AttemptPlot, AttemptText, RunReport, StepReport } from '../../ports/tasks.ts';
import type { Database } from './database.ts';
import { rowKey, runEndKey } from './row-keys.ts';

const REPORTS_PER_READ = 20;

export class ReportRecords {
  readonly #database: Database;
  readonly #add;
  readonly #addToRun;
  readonly #points;
  readonly #pointReports;
  readonly #texts;
  readonly #plots;
  readonly #runPoints;
  readonly #move;
  readonly #copy;
  readonly #moveArchived;

  constructor(database: Database) {
    this.#database = database;
    this.#add = database.write(
      'INSERT OR IGNORE INTO reports (step, attempt, sequence, points, texts, plots) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#addToRun = database.write(
      'INSERT OR IGNORE INTO run_reports (run, id, points) VALUES (?, ?, ?)',
    );
    this.#points = database.all(
      'SELECT points FROM reports WHERE step = ? AND attempt = ? ORDER BY sequence',
    );
    this.#pointReports = database.all(
      'SELECT sequence, points FROM reports WHERE step = ? AND attempt = ? AND sequence >= ? ORDER BY sequence LIMIT ?',
    );
    this.#texts = database.all(
      'SELECT attempt, texts FROM reports WHERE step = ? ORDER BY attempt, sequence',
    );
    this.#plots = database.all(
      'SELECT attempt, plots FROM reports WHERE step = ? AND plots IS NOT NULL ORDER BY attempt, sequence',
    );
    this.#runPoints = database.all('SELECT id, points FROM run_reports WHERE run = ? ORDER BY seq');
    this.#move = database.write('UPDATE OR REPLACE reports SET step = ?2 WHERE step = ?1');
    this.#copy = database.write(
      'INSERT OR IGNORE INTO reports SELECT ?2, attempt, sequence, points, texts, plots FROM reports WHERE step = ?1',
    );
    this.#moveArchived = database.write(
      'UPDATE reports SET step = (SELECT -archived_steps.seq FROM archived_steps WHERE run = ?1 AND batch = ?2 AND call = reports.step - ?3) WHERE step >= ?4 AND step < ?5',
    );
  }

  /** Adds a report. A report that exists is left unchanged. */
  add(run: number, { call, attempt, sequence, points, texts, plots = [] }: StepReport): void {
    this.#add(
      rowKey(run, call),
      attempt,
      sequence,
      JSON.stringify(points),
      JSON.stringify(texts),
      plots.length === 0 ? null : JSON.stringify(plots),
    );
  }

  /** A report with texts is an object; others are only the list of points. */
  addToRun(run: number, report: RunReport): void {
    this.#addToRun(run, report.id, JSON.stringify(toStoredRunReport(report)));
  }

  points(run: number, call: number, attempt: number): Report['points'] {
    return this.#points(rowKey(run, call), attempt).flatMap(([points]) =>
      this.#database.parse<Report['points']>(points),
    );
  }

  /** The reports of an attempt from `sequence` on, read a few at a time. */
  *pointReports(
    run: number,
    call: number,
    attempt: number,
    sequence: number,
  ): Generator<Pick<StepReport, 'sequence' | 'points'>> {
    for (let from = sequence; ; ) {
      const rows = this.#pointReports(rowKey(run, call), attempt, from, REPORTS_PER_READ);
      for (const [number, points] of rows) {
        from = this.#database.number(number) + 1;
        yield { sequence: from - 1, points: this.#database.parse<Report['points']>(points) };
      }
      if (rows.length < REPORTS_PER_READ) return;
    }
  }

  texts(run: number, call: number): readonly AttemptText[] {
    return this.#texts(rowKey(run, call)).flatMap(([attempt, texts]) =>
      this.#database
        .parse<Report['texts']>(texts)
        .map((text) => ({ ...text, attempt: this.#database.number(attempt) })),
    );
  }

  plots(run: number, call: number): readonly AttemptPlot[] {
    return this.#plots(rowKey(run, call)).flatMap(([attempt, plots]) =>
      this.#database
        .parse<readonly Plot[]>(plots)
        .map((plot) => ({ ...plot, attempt: this.#database.number(attempt) })),
    );
  }

  runPoints(run: number): RunPoints {
    return countedPoints(this.#runReports(run));
  }

  runTexts(run: number): Report['texts'] {
    return this.#runReports(run).flatMap(({ texts }) => texts ?? []);
  }

  #runReports(run: number): RunReport[] {
    return this.#runPoints(run).map(([id, stored]) => ({
      id: String(id),
      ...fromStoredRunReport(this.#database.parse<StoredRunReport>(stored)),
    }));
  }

  /** Moves the reports of the steps from call `call` on to their archived rows in `batch`. */
  moveToArchived(run: number, batch: number, call: number): void {
    this.#moveArchived(run, batch, rowKey(run, 0), rowKey(run, call), runEndKey(run));
  }

  copyToArchived(run: number, call: number, archived: number): void {
    this.#copy(rowKey(run, call), -archived);
  }

  adopt(archived: number, run: number, call: number): void {
    this.#move(-archived, rowKey(run, call));
  }
}
