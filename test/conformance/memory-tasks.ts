/**
 * The records of runs and steps in memory. Numbers are invariants of the port.
 *
 * @module
 */
import type { Artifact, Model, Report } from '../../src/model/artifacts.ts';
import type { HistoryEvent } from '../../src/model/history.ts';
import type { RunId } from '../../src/model/ids.ts';
import { pointsByMetric } from '../../src/model/metric-summaries.ts';
import type { SeriesRequest } from '../../src/model/reduced-series.ts';
import type { Run, RunComponent, RunHead, RunInfo } from '../../src/model/run.ts';
import { countedPoints, type RunPoints } from '../../src/model/run-reports.ts';
import type { Step } from '../../src/model/step.ts';
import { isSameVersion, type UsedModel } from '../../src/model/use-model.ts';
import { curvesOf, summariesOf } from '../../src/ports/metric-curves.ts';
import type { PipelineName } from '../../src/ports/registry.ts';
import { type Removal, RunRemovedError } from '../../src/ports/removal.ts';
import { type RunFilter, type RunListPage, runsOfPages } from '../../src/ports/run-filter.ts';
import type {
  RunChanges,
  RunGraphPage,
  RunStateRecord,
  RunTimesPage,
} from '../../src/ports/run-state.ts';
import {
  type ArchivedStep,
  type AttemptPlot,
  type AttemptText,
  type Commit,
  type Group,
  type MetricCurves,
  type MetricSelection,
  type ModelUse,
  type ModelUsesPage,
  type NamedPage,
  type PointPage,
  type PointPosition,
  type RunQueries,
  StaleRunError,
  type StepMetrics,
  type Tasks,
  type Timer,
} from '../../src/ports/tasks.ts';
import { frozen } from './frozen.ts';
import { plotsOf, pointPageIn, pointsOf, textsOf } from './memory-reports.ts';
import { isUnfinished, MemoryRun, timerKey } from './memory-run.ts';
import { pageOfRuns } from './memory-run-lists.ts';
import { changesOf, graphOf, stateOf, timesOf } from './memory-run-state.ts';
import { namedPage } from './named-page.ts';

export interface DueTimer extends Timer {
  readonly run: RunId;
}

export interface MemoryTimers {
  /** Timers of these runs that are due, the earliest first. */
  due(runs: readonly RunId[], now: number, limit: number): readonly DueTimer[];
  /** The time of the next timer of these runs. */
  nextDueAt(runs: readonly RunId[]): number | undefined;
  /** Removes timers that fired and were handled, unless they were set again since. */
  removeHandled(timers: readonly DueTimer[]): void;
}

export class MemoryTasks implements Tasks, RunQueries, Removal {
  readonly #runs = new Map<RunId, MemoryRun>();
  readonly #removed = new Map<RunId, RunInfo>();
  readonly #shared = new Set<RunId>();
  readonly #removalStarted = new Set<RunId>();

  async createRun(info: Omit<RunInfo, 'number'>, head: RunHead): Promise<Run> {
    const known = this.#runs.get(info.id);
    if (known !== undefined) return known.record;
    if (this.#removed.has(info.id)) throw new RunRemovedError(info.id);
    const numbers = [...[...this.#runs.values()].map((run) => run.info), ...this.#removed.values()]
      .filter((other) => other.project === info.project && other.pipeline === info.pipeline)
      .map((other) => other.number);
    const run = new MemoryRun({ ...info, number: Math.max(0, ...numbers) + 1 }, head);
    this.#runs.set(info.id, run);
    return run.record;
  }

  async run(id: RunId): Promise<Run | undefined> {
    return this.#runs.get(id)?.record;
  }

  async steps(id: RunId, calls: readonly number[]): Promise<readonly Step[]> {
    const steps = this.#runs.get(id)?.steps;
    return calls.flatMap((call) => steps?.get(call) ?? []);
  }

  async component(id: RunId, name: string): Promise<RunComponent | undefined> {
    return this.#runs.get(id)?.components.get(name);
  }

  async children(
    id: RunId,
    parent: number | string,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return page(this.#runs.get(id)?.children.get(parent) ?? [], after, limit);
  }

  async parents(
    id: RunId,
    child: number,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return page(this.#runs.get(id)?.parents.get(child) ?? [], after, limit);
  }

  async callsNamed(
    id: RunId,
    name: string,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#calls(id, after, limit, (step) => step.name === name || step.component === name);
  }

  async unfinishedCalls(id: RunId, after: number, limit: number): Promise<readonly number[]> {
    return this.#calls(id, after, limit, isUnfinished);
  }

  async calls(id: RunId, after: number, limit: number): Promise<readonly number[]> {
    return this.#calls(id, after, limit, () => true);
  }

  async events(id: RunId, from: number, limit: number): Promise<readonly HistoryEvent[]> {
    return this.#runs.get(id)?.events.slice(from, from + limit) ?? [];
  }

  async signatures(id: RunId, from: number, limit: number): Promise<readonly string[]> {
    return this.#runs.get(id)?.signatures.slice(from, from + limit) ?? [];
  }

  async group(id: RunId, name: string): Promise<Group | undefined> {
    return this.#runs.get(id)?.groups.get(name);
  }

  async commit(id: RunId, commit: Commit): Promise<void> {
    this.#at(id, commit).apply(commit);
  }

  async findArchivedStep(
    id: RunId,
    component: string,
    digest: string,
    excluded: readonly string[],
  ): Promise<ArchivedStep | undefined> {
    const record = this.#runs
      .get(id)
      ?.archived.find(
        ({ archive, step, adopted }) =>
          !adopted &&
          step.component === component &&
          step.digest === digest &&
          !excluded.includes(archive),
      );
    return record === undefined ? undefined : { archive: record.archive, step: record.step };
  }

  async rewind(
    id: RunId,
    cut: { readonly eventCount: number; readonly commandCount: number; readonly callCount: number },
    commit: Commit,
  ): Promise<void> {
    this.#at(id, commit).rewind(cut, commit);
  }

  async archive(id: RunId, from: RunId, steps: readonly Step[]): Promise<void> {
    const run = this.#known(id);
    const source = this.#known(from);
    for (const step of steps) {
      const archive = `0.${step.call}`;
      if (run.archived.some((record) => record.archive === archive)) continue;
      run.archived.push({
        archive,
        step: frozen(step),
        isOwn: false,
        reports: source.reportsOf(step.call),
        adopted: false,
      });
    }
  }

  async share(id: RunId): Promise<boolean> {
    if (!this.#runs.has(id) || this.#removalStarted.has(id)) return false;
    this.#shared.add(id);
    return true;
  }

  async startRemoval(id: RunId): Promise<{ readonly shared: boolean }> {
    this.#removalStarted.add(id);
    return { shared: this.#shared.has(id) };
  }

  async isBeingRemoved(id: RunId): Promise<boolean> {
    return this.#removalStarted.has(id) && this.#runs.has(id);
  }

  async runPage(filter: RunFilter): Promise<RunListPage> {
    const records = [...this.#runs.values()].map((run) => run.record);
    return pageOfRuns(records, filter);
  }

  runs(filter: RunFilter): Promise<readonly Run[]> {
    return runsOfPages((page) => this.runPage(page), filter);
  }

  async runNumbered({ project, name }: PipelineName, number: number): Promise<Run | undefined> {
    return [...this.#runs.values()].find(
      ({ info }) => info.project === project && info.pipeline === name && info.number === number,
    )?.record;
  }

  async runsWithPrefix(prefix: string): Promise<readonly RunId[]> {
    return [...this.#runs.keys()]
      .filter((id) => id.startsWith(prefix))
      .sort()
      .slice(0, 2);
  }

  async allSteps(id: RunId, limit = Number.POSITIVE_INFINITY, after = 0): Promise<readonly Step[]> {
    const run = this.#runs.get(id);
    if (run === undefined) return [];
    const live = [...run.steps.values()].sort((a, b) => a.call - b.call);
    const superseded = run.archived
      .filter(({ isOwn: own, adopted }) => own && !adopted)
      .map(({ step }): Step => ({ ...step, status: 'superseded' }));
    return [...live, ...superseded].slice(after, after + limit);
  }

  async points(id: RunId, call: number): Promise<Report['points']> {
    return pointsOf(this.#runs.get(id), call);
  }

  async pointPage(
    id: RunId,
    call: number,
    from: PointPosition | null,
    limit: number,
  ): Promise<PointPage> {
    return pointPageIn(this.#runs.get(id), call, from, limit);
  }

  async stepMetrics(id: RunId, calls: readonly number[]): Promise<readonly StepMetrics[]> {
    const found = (await this.steps(id, calls)).map(async ({ call }) => ({
      call,
      metrics: summariesOf(await this.points(id, call)),
    }));
    return Promise.all(found);
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
    return countedPoints([...(this.#runs.get(id)?.runReports.values() ?? [])]);
  }

  async runTexts(id: RunId): Promise<Report['texts']> {
    return [...(this.#runs.get(id)?.runReports.values() ?? [])].flatMap(
      (report) => report.texts ?? [],
    );
  }

  async texts(id: RunId, call: number): Promise<readonly AttemptText[]> {
    return textsOf(this.#runs.get(id), call);
  }

  async plots(id: RunId, call: number): Promise<readonly AttemptPlot[]> {
    return plotsOf(this.#runs.get(id), call);
  }

  async graph(id: RunId, from: number, limit: number): Promise<RunGraphPage | undefined> {
    const run = this.#runs.get(id);
    return run === undefined ? undefined : graphOf(run, from, limit);
  }

  async state(id: RunId): Promise<RunStateRecord | undefined> {
    const run = this.#runs.get(id);
    return run === undefined ? undefined : stateOf(run);
  }

  async times(id: RunId, from: number, limit: number): Promise<RunTimesPage | undefined> {
    const run = this.#runs.get(id);
    return run === undefined ? undefined : timesOf(run, from, limit);
  }

  async changes(id: RunId, since: number, limit: number): Promise<RunChanges | undefined> {
    const run = this.#runs.get(id);
    return run === undefined ? undefined : changesOf(run, since, limit);
  }

  async runArtifacts(id: RunId, page: NamedPage): Promise<readonly Artifact[]> {
    return namedPage(this.#runs.get(id)?.artifacts, page);
  }

  async runModels(id: RunId, page: NamedPage): Promise<readonly Model[]> {
    return namedPage(this.#runs.get(id)?.models, page);
  }

  async modelUses(
    model: UsedModel,
    { before, limit }: ModelUsesPage,
  ): Promise<readonly ModelUse[]> {
    const runs = [...this.#runs.values()].sort((a, b) => (a.info.id < b.info.id ? 1 : -1));
    return runs
      .flatMap(({ record, steps }) =>
        [...steps.values()]
          .filter(({ usedModel }) => isSameVersion(model, usedModel))
          .sort((a, b) => b.call - a.call)
          .map((step) => ({ run: record, step })),
      )
      .filter(
        ({ run: { info }, step }) =>
          before === undefined ||
          info.id < before.run ||
          (info.id === before.run && step.call < before.call),
      )
      .slice(0, limit);
  }

  async remove(id: RunId): Promise<void> {
    const info = this.#runs.get(id)?.info;
    if (info !== undefined) this.#removed.set(id, info);
    this.#runs.delete(id);
  }

  readonly timers: MemoryTimers = {
    due: (runs, now, limit) =>
      this.#timers(runs)
        .filter((timer) => timer.at <= now)
        .slice(0, limit),
    nextDueAt: (runs) => this.#timers(runs)[0]?.at,
    removeHandled: (timers) => {
      for (const timer of timers) {
        const set = this.#runs.get(timer.run)?.timers;
        const current = set?.get(timerKey(timer));
        if (current?.generation === timer.generation && current.at === timer.at)
          set?.delete(timerKey(timer));
      }
    },
  };

  #timers(runs: readonly RunId[]): DueTimer[] {
    return runs
      .flatMap((run) =>
        [...(this.#runs.get(run)?.timers.values() ?? [])].map((timer) => ({ ...timer, run })),
      )
      .sort((a, b) => a.at - b.at);
  }

  #calls(
    id: RunId,
    after: number,
    limit: number,
    matches: (step: Step) => boolean,
  ): readonly number[] {
    const found = [...(this.#runs.get(id)?.steps.values() ?? [])]
      .filter(matches)
      .map((step) => step.call);
    return page(
      found.sort((a, b) => a - b),
      after,
      limit,
    );
  }

  #known(id: RunId): MemoryRun {
    const run = this.#runs.get(id);
    if (run === undefined) throw new RangeError(`there is no run ${id}`);
    return run;
  }

  /** The run, if its revision is the one before the commit's (2). */
  #at(id: RunId, { head }: Commit): MemoryRun {
    const run = this.#runs.get(id);
    if (run === undefined || run.head.revision !== head.revision - 1)
      throw new StaleRunError(id, head.revision - 1);
    return run;
  }
}

const page = (ascending: readonly number[], after: number, limit: number): readonly number[] =>
  ascending.filter((call) => call > after).slice(0, limit);
