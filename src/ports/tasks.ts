/**
 * The port of the records of runs and steps.
 *
 * 1. `commit` is one unit of work: after a crash at any point, a reader finds either all of it, or
 *    the previous head, from which the work is repeated. The head counts as written last.
 * 2. A commit against an outdated revision is rejected with `StaleRunError` and changes nothing.
 * 3. No call reads or writes more than its arguments name: no cost grows with the run.
 * 4. A call that can never succeed, however often it is repeated, throws `RecordRejectedError`.
 *
 * @module
 */
import type {
  Artifact,
  Model,
  Plot,
  Report,
  ReportedText,
  RunOutputs,
} from '../model/artifacts.ts';
import { HeadraceError } from '../model/errors.ts';
import type { HistoryEvent } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { MetricSummary } from '../model/metric-summaries.ts';
import type { ReducedSeries, SeriesRequest } from '../model/reduced-series.ts';
import type { Run, RunComponent, RunHead, RunInfo } from '../model/run.ts';
import type { RunPoints } from '../model/run-reports.ts';
import type { Step } from '../model/step.ts';
import type { TimerKind } from '../model/transition.ts';
import type { UsedModel } from '../model/use-model.ts';
import type { PipelineName } from './registry.ts';
import type { RunFilter, RunListPage } from './run-filter.ts';
import type { RunStateQueries } from './run-state.ts';

/** A timer to set. It replaces a timer of the run with the same `kind` and `subject`. */
export interface Timer {
  readonly kind: TimerKind;
  readonly subject: number;
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Calls that are launched as one job. The members and their order are fixed before the launch. */
export interface Group {
  /** The number of the group among the groups of the run, from 0. */
  readonly number: number;
  /** The deterministic job name. */
  readonly name: string;
  readonly component: string;
  readonly queue: string;
  readonly members: readonly { readonly call: number; readonly attempt: number }[];
}

/** `child` waits for `parent`: a call, or a name that no call has yet. */
export interface Edge {
  readonly parent: number | string;
  readonly child: number;
}

export interface StepReport {
  readonly call: number;
  readonly attempt: number;
  readonly sequence: number;
  readonly points: Report['points'];
  readonly texts: Report['texts'];
  /** Absent if there are none. */
  readonly plots?: readonly Plot[] | undefined;
}

/** A text that an attempt of a step reported. */
export type AttemptText = ReportedText & { readonly attempt: number };

/** A plot that an attempt of a step reported. */
export type AttemptPlot = Plot & { readonly attempt: number };

/**
 * Points of the run itself, from a monitor or the logic (`model/run-reports.ts`), and lines that the
 * logic printed.
 */
export interface RunReport {
  /** A report that is committed twice counts once. */
  readonly id: string;
  readonly points: Report['points'];
  readonly texts?: Report['texts'] | undefined;
}

export interface Commit {
  /** The new head. Its revision is one above the stored one. */
  readonly head: RunHead;
  readonly created: readonly Step[];
  readonly changed: readonly Step[];
  readonly edges: readonly Edge[];
  /** Names (parents of edges) that a call now has: their edges are removed. */
  readonly resolvedNames: readonly string[];
  readonly components: readonly RunComponent[];
  /** Appended to the `head.eventCount - events.length` recorded events. */
  readonly events: readonly HistoryEvent[];
  /** Signatures of the accepted commands, appended in the same way. */
  readonly signatures: readonly string[];
  readonly groups: readonly Group[];
  readonly timers: {
    readonly set: readonly Timer[];
    readonly clear: readonly { readonly kind: TimerKind; readonly subject: number }[];
  };
  readonly reports: readonly StepReport[];
  readonly runReports: readonly RunReport[];
  /** Each replaces an earlier one of the run with the same name. */
  readonly runOutputs: RunOutputs;
  /**
   * Archived steps that calls of this commit adopted. Reports of the archived step now belong to
   * the call.
   */
  readonly adoptions: readonly Adoption[];
}

/** A commit that changes nothing but the head. */
export const EMPTY_COMMIT: Omit<Commit, 'head'> = {
  created: [],
  changed: [],
  edges: [],
  resolvedNames: [],
  components: [],
  events: [],
  signatures: [],
  groups: [],
  timers: { set: [], clear: [] },
  reports: [],
  runReports: [],
  runOutputs: { artifacts: [], models: [] },
  adoptions: [],
};

/** `call` adopted the archived step with the id `archive`. */
export interface Adoption {
  readonly archive: string;
  readonly call: number;
}

/**
 * A step that a resume or rerun set aside. A call with the same component and digest can adopt it.
 */
export interface ArchivedStep {
  readonly archive: string;
  readonly step: Step;
}

export interface Tasks {
  /**
   * Writes a new run with the next number of its pipeline. An existing run with this id is returned
   * unchanged.
   */
  createRun(info: Omit<RunInfo, 'number'>, head: RunHead): Promise<Run>;
  run(id: RunId): Promise<Run | undefined>;
  /** In the order of `calls`, without missing steps. */
  steps(id: RunId, calls: readonly number[]): Promise<readonly Step[]>;
  component(id: RunId, name: string): Promise<RunComponent | undefined>;
  /** Calls that wait for `parent`, above `after`, in ascending order. */
  children(
    id: RunId,
    parent: number | string,
    after: number,
    limit: number,
  ): Promise<readonly number[]>;
  /** Calls that `child` depends on, above `after`, in ascending order. */
  parents(id: RunId, child: number, after: number, limit: number): Promise<readonly number[]>;
  /** Calls whose step name or component name is `name`, in ascending order. */
  callsNamed(id: RunId, name: string, after: number, limit: number): Promise<readonly number[]>;
  /** Calls of steps that are not terminal or wait for a callback, in ascending order. */
  unfinishedCalls(id: RunId, after: number, limit: number): Promise<readonly number[]>;
  /** All calls in ascending order, regardless of their status. */
  calls(id: RunId, after: number, limit: number): Promise<readonly number[]>;
  events(id: RunId, from: number, limit: number): Promise<readonly HistoryEvent[]>;
  signatures(id: RunId, from: number, limit: number): Promise<readonly string[]>;
  group(id: RunId, name: string): Promise<Group | undefined>;
  commit(id: RunId, commit: Commit): Promise<void>;

  /**
   * The first archived step (in the order of archiving, then of calls) with this component and
   * digest that no call has adopted, and that is not in `excluded`.
   */
  findArchivedStep(
    id: RunId,
    component: string,
    digest: string,
    excluded: readonly string[],
  ): Promise<ArchivedStep | undefined>;
  /**
   * Rewrites a run for a resume as one unit, then applies `commit`. Events from `cut.eventCount`
   * on, signatures from `cut.commandCount` on, and edges of calls from `cut.callCount` on are
   * removed. Steps from `cut.callCount` on are archived: they are listed as `superseded` until a
   * call adopts them. The `callCount` of each component is reduced to the remaining calls.
   */
  rewind(
    id: RunId,
    cut: { readonly eventCount: number; readonly commandCount: number; readonly callCount: number },
    commit: Commit,
  ): Promise<void>;
  /**
   * Copies steps for a rerun: `steps` of run `from`, with their reports, become archived steps of
   * run `id`. They are not listed among the run's own steps. A call that was copied before stays as
   * it is, so that copying can be repeated.
   */
  archive(id: RunId, from: RunId, steps: readonly Step[]): Promise<void>;
  /**
   * Marks the run as shared, because another run is about to use its values: from now on its
   * objects stay, even if it is removed. False if the run is missing or is being removed: its
   * values must not be used, because they may be removed at any time.
   */
  share(id: RunId): Promise<boolean>;
}

/** Another writer changed the run first: read it and decide again. */
export class StaleRunError extends HeadraceError {
  constructor(
    readonly run: RunId,
    readonly revision: number,
  ) {
    super(`run ${run} is no longer at revision ${revision}: another process changed it`);
  }
}

/** At most `limit` items in the order of their names, after the name `after`. */
export interface NamedPage {
  readonly after?: string | undefined;
  /** Only the item with this name. */
  readonly name?: string | undefined;
  readonly limit: number;
}

/** The store can never carry out this read or write: repeating it is useless. */
export class RecordRejectedError extends HeadraceError {
  constructor(detail: string, options?: ErrorOptions) {
    super(`the store refuses a record of the run, and repeating it is useless: ${detail}`);
    if (options !== undefined) this.cause = options.cause;
  }
}

/** A call of `useModel`. */
export interface ModelUse {
  readonly run: Run;
  /** Its `usedModel` is the version. */
  readonly step: Step;
}

/** At most `limit` uses, below the position `before`. */
export interface ModelUsesPage {
  readonly before?: { readonly run: RunId; readonly call: number } | undefined;
  readonly limit: number;
}

/** The next point to read: the one with this number in a report of an attempt. */
export interface PointPosition {
  readonly attempt: number;
  readonly sequence: number;
  readonly index: number;
}

export interface PointPage {
  readonly points: Report['points'];
  /** Null: this was the last page. */
  readonly next: PointPosition | null;
}

/** The metrics of a step in short, in the order of their first points. */
export interface StepMetrics {
  readonly call: number;
  readonly metrics: readonly MetricSummary[];
}

/** Metrics of a step: those with this title and series, at most `limit` from number `from` on. */
export interface MetricSelection {
  readonly title?: string | undefined;
  readonly series?: string | undefined;
  readonly from: number;
  readonly limit: number;
}

/** A metric with its points, reduced to what a chart shows. */
export interface MetricCurve {
  readonly summary: MetricSummary;
  readonly reduced: ReducedSeries;
}

export interface MetricCurves {
  readonly items: readonly MetricCurve[];
  /** Further metrics match the selection. */
  readonly more: boolean;
}

/** Queries for users and programs. The controller needs none of them. */
export interface RunQueries extends RunStateQueries {
  /** A page of runs, in the order of their ids. It reads a bounded number of runs. */
  runPage(filter: RunFilter): Promise<RunListPage>;
  /** The first `limit` runs, however many are read for them. */
  runs(filter: RunFilter): Promise<readonly Run[]>;
  /** The run of the pipeline with this number. */
  runNumbered(pipeline: PipelineName, number: number): Promise<Run | undefined>;
  /** Runs whose ids start with `prefix`, at most two. */
  runsWithPrefix(prefix: string): Promise<readonly RunId[]>;
  /**
   * All steps in the order of calls, superseded ones last: at most `limit`, after the first
   * `after`.
   */
  allSteps(id: RunId, limit?: number, after?: number): Promise<readonly Step[]>;
  /** The points of the step's last attempt in order. */
  points(id: RunId, call: number): Promise<Report['points']>;
  /**
   * At most `limit` of these points. A page that starts at a position continues with the attempt of
   * that position.
   */
  pointPage(id: RunId, call: number, from: PointPosition | null, limit: number): Promise<PointPage>;
  /**
   * The metrics of the last attempts of steps in short, in the order of `calls`, without missing
   * steps.
   */
  stepMetrics(id: RunId, calls: readonly number[]): Promise<readonly StepMetrics[]>;
  /** Metrics of the step's last attempt with their points, reduced. */
  stepCurves(
    id: RunId,
    call: number,
    selection: MetricSelection,
    request: SeriesRequest,
  ): Promise<MetricCurves>;
  /** The points of the run itself, without those of attempts that were replaced. */
  runPoints(id: RunId): Promise<RunPoints>;
  /** Artifacts of the run itself. */
  runArtifacts(id: RunId, page: NamedPage): Promise<readonly Artifact[]>;
  /** Models of the run itself. */
  runModels(id: RunId, page: NamedPage): Promise<readonly Model[]>;
  /**
   * The steps of existing runs that provide this version of a registered model: the newest run
   * first, in a run the highest call first. Superseded steps provide none.
   */
  modelUses(model: UsedModel, page: ModelUsesPage): Promise<readonly ModelUse[]>;
  /** The texts that all attempts of the step reported, in order. */
  texts(id: RunId, call: number): Promise<readonly AttemptText[]>;
  /** The plots that all attempts of the step reported, in order. */
  plots(id: RunId, call: number): Promise<readonly AttemptPlot[]>;
  /** The lines that the logic and its callbacks printed, in order. */
  runTexts(id: RunId): Promise<Report['texts']>;
}
