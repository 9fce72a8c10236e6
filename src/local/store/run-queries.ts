/**
 * The queries of the API and the command line.
 *
 * @module
 */
import type { Artifact, Model, Report } from '../../model/artifacts.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { pointsByMetric } from '../../model/metric-summaries.ts';
import type { SeriesRequest } from '../../model/reduced-series.ts';
import type { Run, RunHead } from '../../model/run.ts';
import { countedPoints, type RunPoints } from '../../model/run-reports.ts';
import type { Step } from '../../model/step.ts';
import type { UsedModel } from '../../model/use-model.ts';
import { curvesOf, pointPageOf, summariesOf } from '../../ports/metric-curves.ts';
import type { PipelineName } from '../../ports/registry.ts';
import {
  idRange,
  matchesRun,
  type RunFilter,
  type RunListPage,
  runsOfPages,
  statusesOf,
  tagsOf,
} from '../../ports/run-filter.ts';
import type {
  RunChanges,
  RunGraphPage,
  RunStateRecord,
  RunTimesPage,
} from '../../ports/run-state.ts';
import type {
  AttemptPlot,
  AttemptText,
  MetricCurves,
  MetricSelection,
  ModelUse,
  ModelUsesPage,
  NamedPage,
  PointPage,
  PointPosition,
  RunQueries,
  StepMetrics,
} from '../../ports/tasks.ts';
import type { Database } from './database.ts';
import { RunStateRecords } from './run-state-records.ts';
import type { StoreRecords } from './sqlite-tasks.ts';

/** Runs that a page reads at most. */
const MAX_RUNS_READ = 2000;
const MIN_BATCH_RUNS = 50;

const runsSql = (direction: 'ASC' | 'DESC'): string =>
  `SELECT id FROM runs JOIN heads ON heads.run = runs.seq
   WHERE (?1 IS NULL OR project = ?1 OR (project > ?1 || '/' AND project < ?1 || '0'))
     AND (?2 IS NULL OR pipeline = ?2)
     AND (?3 IS NULL OR status IN (SELECT value FROM json_each(?3)))
     AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(heads.doc, '$.tags') WHERE value = ?4))
     AND (?5 IS NULL OR json_extract(info, '$.parent.run') = ?5)
     AND (?6 IS NULL OR (json_extract(heads.doc, '$.archived') IS NOT NULL) = ?6)
     AND id >= ?7 AND id <= ?8
   ORDER BY id ${direction} LIMIT ?9`;

/** SQLite has no limit if it is negative. */
const UNLIMITED = -1;

export class SqliteRunQueries implements RunQueries {
  readonly #database: Database;
  readonly #records: StoreRecords;
  readonly #states: RunStateRecords;
  readonly #newestRuns;
  readonly #oldestRuns;
  readonly #numbered;
  readonly #withPrefix;

  constructor(database: Database, records: StoreRecords) {
    this.#database = database;
    this.#records = records;
    this.#states = new RunStateRecords(database, records);
    this.#newestRuns = database.all(runsSql('DESC'));
    this.#oldestRuns = database.all(runsSql('ASC'));
    this.#numbered = database.first(
      'SELECT id FROM runs WHERE project = ? AND pipeline = ? AND number = ?',
    );
    this.#withPrefix = database.all(
      `SELECT id FROM runs JOIN heads ON heads.run = runs.seq WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT 2`,
    );
  }

  async runPage(filter: RunFilter): Promise<RunListPage> {
    const found: Run[] = [];
    const batchSize = Math.max(filter.limit, MIN_BATCH_RUNS);
    const position = filter.order === 'oldest' ? 'after' : 'before';
    let range = idRange(filter);
    for (let read = 0; ; read += batchSize) {
      const ids = this.#matching(filter, range, batchSize);
      for (const id of ids) {
        const run = this.#records.runs.get(id);
        if (run !== undefined && matchesRun(run, filter)) found.push(run);
        if (found.length >= filter.limit) return { runs: found, next: id };
      }
      const last = ids.at(-1);
      if (last === undefined || ids.length < batchSize) return { runs: found, next: null };
      if (read + batchSize >= MAX_RUNS_READ) return { runs: found, next: last };
      range = idRange({ ...filter, [position]: last });
    }
  }

  runs(filter: RunFilter): Promise<readonly Run[]> {
    return runsOfPages((page) => this.runPage(page), filter);
  }

  /** Ids of runs that match what has a column or is cheap to read from the documents. */
  #matching(
    filter: RunFilter,
    range: { readonly from: string; readonly to: string },
    limit: number,
  ): RunId[] {
    const { project, pipeline, parent, archived, order } = filter;
    const statuses = statusesOf(filter);
    const query = order === 'oldest' ? this.#oldestRuns : this.#newestRuns;
    const rows = query(
      project ?? null,
      pipeline ?? null,
      statuses === undefined ? null : JSON.stringify(statuses),
      tagsOf(filter)[0] ?? null,
      parent ?? null,
      archived === undefined ? null : Number(archived),
      range.from,
      range.to,
      limit,
    );
    return rows.map(([id]) => this.#runId(id));
  }

  async runNumbered({ project, name }: PipelineName, number: number): Promise<Run | undefined> {
    const id = this.#numbered(project, name, number)?.[0];
    return id === undefined ? undefined : this.#records.runs.get(this.#runId(id));
  }

  async runsWithPrefix(prefix: string): Promise<readonly RunId[]> {
    return this.#withPrefix(prefix).map(([id]) => this.#runId(id));
  }

  async allSteps(id: RunId, limit?: number, after = 0): Promise<readonly Step[]> {
    const run = this.#records.runs.seq(id);
    if (run === undefined) return [];
    const { steps, archive } = this.#records;
    const currentSteps = steps.page(run, after, limit ?? UNLIMITED);
    if (limit !== undefined && currentSteps.length >= limit) return currentSteps;
    const superseded = archive.superseded(
      run,
      limit === undefined ? UNLIMITED : limit - currentSteps.length,
      Math.max(0, after - steps.count(run)),
    );
    return [...currentSteps, ...superseded];
  }

  async points(id: RunId, call: number): Promise<Report['points']> {
    const { runs, steps, reports } = this.#records;
    const run = runs.seq(id);
    if (run === undefined) return [];
    const attempt = steps.get(run, call)?.attempts.at(-1);
    return attempt === undefined ? [] : reports.points(run, call, attempt.number);
  }

  async pointPage(
    id: RunId,
    call: number,
    from: PointPosition | null,
    limit: number,
  ): Promise<PointPage> {
    const { runs, steps, reports } = this.#records;
    const run = runs.seq(id);
    if (run === undefined) return { points: [], next: null };
    const attempt = from?.attempt ?? steps.get(run, call)?.attempts.at(-1)?.number;
    return attempt === undefined
      ? { points: [], next: null }
      : pointPageOf(
          attempt,
          reports.pointReports(run, call, attempt, from?.sequence ?? 0),
          from,
          limit,
        );
  }

  async stepMetrics(id: RunId, calls: readonly number[]): Promise<readonly StepMetrics[]> {
    const { runs, steps, reports } = this.#records;
    const run = runs.seq(id);
    if (run === undefined) return [];
    return steps.list(run, calls).map(({ call, attempts }) => {
      const attempt = attempts.at(-1)?.number;
      return {
        call,
        metrics: attempt === undefined ? [] : summariesOf(reports.points(run, call, attempt)),
      };
    });
  }

  async stepCurves(
    id: RunId,
    call: number,
    selection: MetricSelection,
    request: SeriesRequest,
  ): Promise<MetricCurves> {
    return curvesOf(pointsByMetric(await this.points(id, call)), selection, request);
  }

  async runPoints(id: RunId): Promise<RunPoints> {
    const run = this.#records.runs.seq(id);
    return run === undefined ? countedPoints([]) : this.#records.reports.runPoints(run);
  }

  async texts(id: RunId, call: number): Promise<readonly AttemptText[]> {
    const run = this.#records.runs.seq(id);
    return run === undefined ? [] : this.#records.reports.texts(run, call);
  }

  async plots(id: RunId, call: number): Promise<readonly AttemptPlot[]> {
    const run = this.#records.runs.seq(id);
    return run === undefined ? [] : this.#records.reports.plots(run, call);
  }

  async runTexts(id: RunId): Promise<Report['texts']> {
    const run = this.#records.runs.seq(id);
    return run === undefined ? [] : this.#records.reports.runTexts(run);
  }

  async graph(id: RunId, from: number, limit: number): Promise<RunGraphPage | undefined> {
    return this.#ofRun(id, (run, head) => this.#states.graph(run, head, from, limit));
  }

  async state(id: RunId): Promise<RunStateRecord | undefined> {
    return this.#ofRun(id, (run, head) => this.#states.state(run, head));
  }

  async times(id: RunId, from: number, limit: number): Promise<RunTimesPage | undefined> {
    return this.#ofRun(id, (run, head) => this.#states.times(run, head, from, limit));
  }

  async changes(id: RunId, since: number, limit: number): Promise<RunChanges | undefined> {
    return this.#ofRun(id, (run, _, record) => this.#states.changes(run, record, since, limit));
  }

  async runArtifacts(id: RunId, page: NamedPage): Promise<readonly Artifact[]> {
    const run = this.#records.runs.seq(id);
    return run === undefined ? [] : this.#records.outputs.artifacts(run, page);
  }

  async runModels(id: RunId, page: NamedPage): Promise<readonly Model[]> {
    const run = this.#records.runs.seq(id);
    return run === undefined ? [] : this.#records.outputs.models(run, page);
  }

  async modelUses(model: UsedModel, page: ModelUsesPage): Promise<readonly ModelUse[]> {
    const { runs, steps, modelUses } = this.#records;
    return modelUses.list(model, page).flatMap(([text, call]) => {
      const id = this.#runId(text);
      const run = runs.get(id);
      const seq = runs.seq(id);
      const step = seq === undefined ? undefined : steps.get(seq, Number(call));
      return run === undefined || step === undefined ? [] : [{ run, step }];
    });
  }

  /** One read of the run: no commit comes between its parts. */
  #ofRun<T>(id: RunId, read: (run: number, head: RunHead, record: Run) => T): T | undefined {
    return this.#database.transaction(() => {
      const record = this.#records.runs.get(id);
      const run = this.#records.runs.seq(id);
      return record === undefined || run === undefined ? undefined : read(run, record.head, record);
    }, 'read');
  }

  #runId(value: unknown): RunId {
    return runIdSchema.parse(value);
  }
}
