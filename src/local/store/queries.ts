/**
 * What people and programs look up.
 *
 * @module
 */
import type { Report } from '../../model/artifacts.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { RunQueries } from '../../ports/tasks.ts';
import type { Database } from './database.ts';
import type { Records } from './tasks.ts';

type Filter = Parameters<RunQueries['runs']>[0];

/** For SQLite, a negative limit is none. */
const UNLIMITED = -1;

export class SqliteQueries implements RunQueries {
  readonly #records: Records;
  readonly #runs;
  readonly #matching;

  constructor(database: Database, records: Records) {
    this.#records = records;
    this.#runs = database.all(
      `SELECT id FROM runs JOIN heads ON heads.run = runs.seq
       WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR pipeline = ?2) AND (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR id < ?4)
       ORDER BY id DESC LIMIT ?5`,
    );
    this.#matching = database.all(
      `SELECT id FROM runs JOIN heads ON heads.run = runs.seq WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT 2`,
    );
  }

  async runs({ project, pipeline, status, before, limit }: Filter): Promise<readonly Run[]> {
    const rows = this.#runs(
      project ?? null,
      pipeline ?? null,
      status ?? null,
      before ?? null,
      limit,
    );
    return rows.flatMap(([id]) => this.#records.runs.get(this.#runId(id)) ?? []);
  }

  async runsWithPrefix(prefix: string): Promise<readonly RunId[]> {
    return this.#matching(prefix).map(([id]) => this.#runId(id));
  }

  async allSteps(id: RunId, limit?: number, after = 0): Promise<readonly Step[]> {
    const run = this.#records.runs.seq(id);
    if (run === undefined) return [];
    const { steps, archive } = this.#records;
    const live = steps.page(run, after, limit ?? UNLIMITED);
    if (limit !== undefined && live.length >= limit) return live;
    const superseded = archive.superseded(
      run,
      limit === undefined ? UNLIMITED : limit - live.length,
      Math.max(0, after - steps.count(run)),
    );
    return [...live, ...superseded];
  }

  async points(id: RunId, call: number | null): Promise<Report['points']> {
    const { runs, steps, reports } = this.#records;
    const run = runs.seq(id);
    if (run === undefined) return [];
    if (call === null) return reports.runPoints(run);
    const attempt = steps.get(run, call)?.attempts.at(-1);
    return attempt === undefined ? [] : reports.points(run, call, attempt.number);
  }

  async texts(id: RunId, call: number): Promise<Report['texts']> {
    const run = this.#records.runs.seq(id);
    return run === undefined ? [] : this.#records.reports.texts(run, call);
  }

  #runId(value: unknown): RunId {
    return runIdSchema.parse(value);
  }
}
