/**
 * The records of runs and steps in SQLite. The numbers are the rules of the port.
 *
 * 1. A commit is one transaction. When `commit` returns, the operating system has the data: a
 *    process that is killed loses nothing, and a power failure may lose the last commits, but never
 *    a part of one.
 * 2. The row of the head is updated first, on the condition of the revision. A stale commit fails
 *    there.
 * 3. Each query reads a range of one tree, and returns at most the requested number of rows.
 *
 * @module
 */
import type { HistoryEvent } from '../../model/history.ts';
import { groupNumberOf, type RunId } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { Run, RunComponent, RunHead, RunInfo } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import { changedCalls } from '../../ports/run-state.ts';
import type { ArchivedStep, Commit, Group, Tasks } from '../../ports/tasks.ts';
import type { ArchiveRecords } from './archive-records.ts';
import type { Database } from './database.ts';
import type { HistoryRecords } from './history-records.ts';
import { LastCommits } from './last-commits.ts';
import type { ModelUseRecords } from './model-uses.ts';
import type { ReportRecords } from './report-records.ts';
import { rowKey } from './row-keys.ts';
import type { RunOutputRecords } from './run-outputs.ts';
import type { SqliteRunRecords } from './run-records.ts';
import type { EdgeRecords, StepRecords } from './step-records.ts';
import type { TimerRecords } from './timer-records.ts';

export interface StoreRecords {
  readonly runs: SqliteRunRecords;
  readonly steps: StepRecords;
  readonly edges: EdgeRecords;
  readonly history: HistoryRecords;
  readonly timers: TimerRecords;
  readonly reports: ReportRecords;
  readonly outputs: RunOutputRecords;
  readonly modelUses: ModelUseRecords;
  readonly archive: ArchiveRecords;
}

export class SqliteTasks implements Tasks {
  readonly #database: Database;
  readonly #records: StoreRecords;
  readonly #lastCommits = new LastCommits();
  readonly #putComponent;
  readonly #component;
  readonly #recountCalls;

  constructor(database: Database, records: StoreRecords) {
    this.#database = database;
    this.#records = records;
    this.#putComponent = database.write(
      `INSERT INTO components (run, name, call_count, declaration) VALUES (?, ?, ?, ?)
       ON CONFLICT (run, name) DO UPDATE SET call_count = excluded.call_count, declaration = excluded.declaration`,
    );
    this.#component = database.first(
      'SELECT call_count, declaration FROM components WHERE run = ? AND name = ?',
    );
    this.#recountCalls = database.write(
      'UPDATE components SET call_count = (SELECT count(*) FROM steps WHERE component = components.name AND id >= ?2 AND id < ?3) WHERE run = ?1',
    );
  }

  async createRun(info: Omit<RunInfo, 'number'>, head: RunHead): Promise<Run> {
    return this.#records.runs.create(info, head);
  }

  async share(id: RunId): Promise<boolean> {
    return this.#records.runs.share(id);
  }

  async run(id: RunId): Promise<Run | undefined> {
    const run = this.#records.runs.get(id);
    this.#lastCommits.confirm(id, run?.head.revision);
    return run;
  }

  async steps(id: RunId, calls: readonly number[]): Promise<readonly Step[]> {
    const written = this.#lastCommits.get(id)?.steps;
    if (written === undefined || written.size === 0)
      return this.#readOf(id, (run) => this.#records.steps.list(run, calls));
    const unwritten = calls.filter((call) => !written.has(call));
    const read =
      unwritten.length === 0
        ? []
        : this.#readOf(id, (run) => this.#records.steps.list(run, unwritten));
    if (unwritten.length === calls.length) return read;
    const found = new Map(read.map((step) => [step.call, step]));
    return calls.flatMap((call) => written.get(call) ?? found.get(call) ?? []);
  }

  async component(id: RunId, name: string): Promise<RunComponent | undefined> {
    const lastCommit = this.#lastCommits.get(id);
    const cached = lastCommit?.components.get(name);
    if (cached !== undefined) return cached;
    const run = this.#records.runs.seq(id);
    const row = run === undefined ? undefined : this.#component(run, name);
    if (row === undefined) return undefined;
    const component = {
      callCount: this.#database.number(row[0]),
      declaration: this.#database.parse<ComponentDeclaration>(row[1]),
    };
    lastCommit?.components.set(name, component);
    return component;
  }

  async children(
    id: RunId,
    parent: number | string,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#readOf(id, (run) => this.#records.edges.children(run, parent, after, limit));
  }

  async parents(
    id: RunId,
    child: number,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#readOf(id, (run) => this.#records.edges.parents(run, child, after, limit));
  }

  async callsNamed(
    id: RunId,
    name: string,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#readOf(id, (run) => this.#records.steps.callsNamed(run, name, after, limit));
  }

  async unfinishedCalls(id: RunId, after: number, limit: number): Promise<readonly number[]> {
    return this.#readOf(id, (run) => this.#records.steps.unfinishedCalls(run, after, limit));
  }

  async calls(id: RunId, after: number, limit: number): Promise<readonly number[]> {
    return this.#readOf(id, (run) => this.#records.steps.calls(run, after, limit));
  }

  async events(id: RunId, from: number, limit: number): Promise<readonly HistoryEvent[]> {
    return this.#readOf(id, (run) => this.#records.history.events(run, from, limit));
  }

  async signatures(id: RunId, from: number, limit: number): Promise<readonly string[]> {
    return this.#readOf(id, (run) => this.#records.history.signatures(run, from, limit));
  }

  async group(id: RunId, name: string): Promise<Group | undefined> {
    const run = this.#records.runs.seq(id);
    const group =
      run === undefined ? undefined : this.#records.history.group(run, groupNumberOf(name));
    return group?.name === name ? group : undefined;
  }

  async commit(id: RunId, commit: Commit): Promise<void> {
    this.#database.transaction(() =>
      this.#apply(id, this.#records.runs.advance(id, commit.head), commit, changedCalls(commit)),
    );
    this.#lastCommits.record(id, commit);
  }

  async findArchivedStep(
    id: RunId,
    component: string,
    digest: string,
    excluded: readonly string[],
  ): Promise<ArchivedStep | undefined> {
    const run = this.#records.runs.seq(id);
    return run === undefined
      ? undefined
      : this.#records.archive.findStep(run, component, digest, excluded);
  }

  async rewind(
    id: RunId,
    cut: { readonly eventCount: number; readonly commandCount: number; readonly callCount: number },
    commit: Commit,
  ): Promise<void> {
    const { runs, history, archive, steps, edges, modelUses } = this.#records;
    this.#lastCommits.remove(id);
    this.#database.transaction(() => {
      const run = runs.advance(id, commit.head);
      history.truncate(run, { events: cut.eventCount, signatures: cut.commandCount });
      archive.archiveFrom(run, commit.head.revision, cut.callCount);
      steps.removeFrom(run, cut.callCount);
      edges.removeFrom(run, cut.callCount);
      modelUses.removeFrom(id, cut.callCount);
      this.#recountCalls(run, rowKey(run, 0), rowKey(run, cut.callCount));
      this.#apply(id, run, commit, undefined);
    });
  }

  async archive(id: RunId, from: RunId, steps: readonly Step[]): Promise<void> {
    const { runs, archive } = this.#records;
    const [run, source] = [runs.seq(id), runs.seq(from)];
    if (run === undefined || source === undefined)
      throw new RangeError(`there is no run ${run === undefined ? id : from}`);
    this.#database.transaction(() => archive.copy(run, source, steps));
  }

  /** @param changed undefined: no changes are listed across the commit */
  #apply(id: RunId, run: number, commit: Commit, changed: readonly number[] | undefined): void {
    const { steps, edges, history, timers, reports, outputs, archive, modelUses } = this.#records;
    const written = commit.created.concat(commit.changed);
    steps.put(run, written);
    modelUses.add(id, written);
    edges.add(run, commit.edges);
    for (const name of commit.resolvedNames) edges.resolveName(run, name);
    for (const { declaration, callCount } of commit.components)
      this.#putComponent(run, declaration.name, callCount, JSON.stringify(declaration));
    history.append(run, commit.head, commit, changed);
    for (const { kind, subject } of commit.timers.clear) timers.clear(run, kind, subject);
    for (const timer of commit.timers.set) timers.set(run, timer);
    for (const report of commit.reports) reports.add(run, report);
    for (const report of commit.runReports) reports.addToRun(run, report);
    outputs.put(run, commit.runOutputs);
    for (const adoption of commit.adoptions) archive.adopt(run, adoption);
  }

  /** Reads items of the run. A run that does not exist has none. */
  #readOf<T>(id: RunId, read: (run: number) => readonly T[]): readonly T[] {
    const run = this.#records.runs.seq(id);
    return run === undefined ? [] : read(run);
  }
}
