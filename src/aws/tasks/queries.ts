/**
 * Queries of users and programs. Lists of runs come from the table's indexes, which may lag by some
 * milliseconds.
 *
 * @module
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Artifact, Model, Report } from '../../model/artifacts.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import type { SeriesRequest } from '../../model/reduced-series.ts';
import type { Retention } from '../../model/retention.ts';
import { isTerminalRun, RUN_STATUSES, type Run } from '../../model/run.ts';
import { countedPoints, type RunPoints } from '../../model/run-reports.ts';
import type { Step } from '../../model/step.ts';
import type { UsedModel } from '../../model/use-model.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PipelineName } from '../../ports/registry.ts';
import {
  idRange,
  matchesName,
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
import { TASKS_TABLE } from '../deployment/table-schemas.ts';
import {
  endOfPrefix,
  type Item,
  inParallel,
  type KeyRange,
  Table,
  text,
  textIn,
} from '../dynamodb/table.ts';
import { hasProjectsBelow } from '../storage/pipeline-registry.ts';
import { readSuperseded } from './archive.ts';
import { readChanges } from './changes.ts';
import { readStepCurves, readStepMetrics } from './metrics.ts';
import { readModelUses } from './model-uses.ts';
import { readPointPage } from './point-pages.ts';
import { readReports, readRunReports } from './reports.ts';
import { readGraph } from './run-graph.ts';
import { creatorPartition, numberKey, tagPartition } from './run-index.ts';
import { readRunOutputs } from './run-outputs.ts';
import { RunRecords, runIdIn } from './run-records.ts';
import { readRunState } from './run-statuses.ts';
import { readStepRange, readSteps } from './steps.ts';

export interface DynamoQueriesOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly retention: Retention;
  readonly clock?: Clock;
}

export function createDynamoQueries({
  client,
  table: name,
  retention,
  clock = { now: () => Date.now() },
}: DynamoQueriesOptions): RunQueries {
  const table = new Table(client, name);
  return new DynamoQueries(table, new RunRecords(table, { now: () => clock.now(), retention }));
}

class DynamoQueries implements RunQueries {
  readonly #table: Table;
  readonly #runs: RunRecords;

  constructor(table: Table, runs: RunRecords) {
    this.#table = table;
    this.#runs = runs;
  }

  /** It reads at most `MAX_ITEMS_READ` items of an index, and `MAX_RUNS_READ` runs. */
  async runPage(filter: RunFilter): Promise<RunListPage> {
    const found: Run[] = [];
    const range = rangeFor(filter, await this.#hasProjectsBelow(filter));
    if (range.from > range.to) return { runs: [], next: null };
    let start: Item | undefined;
    let runsRead = 0;
    let limit = Math.max(filter.limit, MIN_PAGE_ITEMS);
    for (let itemsRead = 0; ; ) {
      const page = await this.#table.page({ ...range, limit }, start);
      itemsRead += limit;
      const candidates = page.items.filter((item) => matchesName(filter, textIn(item, 'pipeline')));
      for (let at = 0; at < candidates.length; at += filter.limit) {
        const ids = candidates.slice(at, at + filter.limit).map(runIdIn);
        const runs = await inParallel(ids, (id) => this.#run(id));
        for (const [index, run] of runs.entries()) {
          if (run !== undefined && matchesRun(run, filter)) found.push(run);
          if (found.length >= filter.limit) return { runs: found, next: ids[index] ?? null };
        }
        runsRead += ids.length;
        if (runsRead >= MAX_RUNS_READ) return { runs: found, next: ids.at(-1) ?? null };
      }
      start = page.next;
      if (start === undefined) return { runs: found, next: null };
      if (itemsRead >= MAX_ITEMS_READ)
        return { runs: found, next: runIdSchema.parse(textIn(start, sortKeyOf(range))) };
      limit = NEXT_PAGE_ITEMS;
    }
  }

  runs(filter: RunFilter): Promise<readonly Run[]> {
    return runsOfPages((page) => this.runPage(page), filter);
  }

  async runNumbered(pipeline: PipelineName, runNumber: number): Promise<Run | undefined> {
    const item = await this.#table.get(numberKey(pipeline, runNumber));
    const run = item === undefined ? undefined : await this.#run(runIdIn(item));
    return run?.info.number === runNumber ? run : undefined;
  }

  async runsWithPrefix(prefix: string): Promise<readonly RunId[]> {
    const { name, partitionKey, sortKey } = TASKS_TABLE.indexes[0];
    const range = {
      pk: 'run',
      from: prefix,
      to: endOfPrefix(prefix),
      index: { name, partitionKey, sortKey },
      limit: 2,
    };
    return (await this.#table.list(range, 2)).map(runIdIn);
  }

  async allSteps(id: RunId, limit = Number.POSITIVE_INFINITY, after = 0): Promise<readonly Step[]> {
    const state = await this.#runs.load(id);
    if (state === undefined) return [];
    const live = await readStepRange(this.#table, state, after, limit);
    return [
      ...live,
      ...(await readSuperseded(
        this.#table,
        state,
        Math.max(0, after - state.head.callCount),
        limit - live.length,
      )),
    ];
  }

  async points(id: RunId, call: number): Promise<Report['points']> {
    const state = await this.#runs.load(id);
    if (state === undefined) return [];
    const [step] = await readSteps(this.#table, state, [call]);
    const attempt = step?.attempts.at(-1)?.number;
    return (await readReports(this.#table, state, call))
      .filter((report) => report.attempt === attempt)
      .flatMap((report) => report.points);
  }

  async pointPage(
    id: RunId,
    call: number,
    from: PointPosition | null,
    limit: number,
  ): Promise<PointPage> {
    const state = await this.#runs.load(id);
    return state === undefined
      ? { points: [], next: null }
      : await readPointPage(this.#table, state, call, from, limit);
  }

  async stepMetrics(id: RunId, calls: readonly number[]): Promise<readonly StepMetrics[]> {
    const state = await this.#runs.load(id);
    return state === undefined ? [] : await readStepMetrics(this.#table, state, calls);
  }

  async stepCurves(
    id: RunId,
    call: number,
    selection: MetricSelection,
    request: SeriesRequest,
  ): Promise<MetricCurves> {
    const state = await this.#runs.load(id);
    return state === undefined
      ? { items: [], more: false }
      : await readStepCurves(this.#table, state, call, selection, request);
  }

  async runPoints(id: RunId): Promise<RunPoints> {
    const state = await this.#runs.load(id);
    return countedPoints(state === undefined ? [] : await readRunReports(this.#table, state));
  }

  async texts(id: RunId, call: number): Promise<readonly AttemptText[]> {
    const state = await this.#runs.load(id);
    return state === undefined
      ? []
      : (await readReports(this.#table, state, call)).flatMap(({ attempt, texts }) =>
          texts.map((text) => ({ ...text, attempt })),
        );
  }

  async plots(id: RunId, call: number): Promise<readonly AttemptPlot[]> {
    const state = await this.#runs.load(id);
    return state === undefined
      ? []
      : (await readReports(this.#table, state, call)).flatMap(({ attempt, plots = [] }) =>
          plots.map((plot) => ({ ...plot, attempt })),
        );
  }

  async runTexts(id: RunId): Promise<Report['texts']> {
    const state = await this.#runs.load(id);
    return state === undefined
      ? []
      : (await readRunReports(this.#table, state)).flatMap(({ texts }) => texts ?? []);
  }

  async graph(id: RunId, from: number, limit: number): Promise<RunGraphPage | undefined> {
    const state = await this.#runs.load(id);
    return state === undefined ? undefined : readGraph(this.#table, state, from, limit);
  }

  async state(id: RunId): Promise<RunStateRecord | undefined> {
    const state = await this.#runs.load(id);
    return state === undefined ? undefined : readRunState(this.#table, state);
  }

  async times(id: RunId, from: number, limit: number): Promise<RunTimesPage | undefined> {
    const state = await this.#runs.load(id);
    if (state === undefined) return undefined;
    const { head } = state;
    return {
      epoch: head.generation,
      revision: head.revision,
      steps: await readStepRange(this.#table, state, from, limit),
      more: head.callCount > from + limit,
    };
  }

  async changes(id: RunId, since: number, limit: number): Promise<RunChanges | undefined> {
    const state = await this.#runs.load(id);
    const run = state === undefined ? undefined : await this.#runs.record(state);
    return state === undefined || run === undefined
      ? undefined
      : readChanges(this.#table, state, run, since, limit);
  }

  async runArtifacts(id: RunId, page: NamedPage): Promise<readonly Artifact[]> {
    const state = await this.#runs.load(id);
    return state === undefined ? [] : readRunOutputs(this.#table, state, 'artifacts', page);
  }

  async runModels(id: RunId, page: NamedPage): Promise<readonly Model[]> {
    const state = await this.#runs.load(id);
    return state === undefined ? [] : readRunOutputs(this.#table, state, 'models', page);
  }

  async modelUses(model: UsedModel, page: ModelUsesPage): Promise<readonly ModelUse[]> {
    return await readModelUses(this.#table, this.#runs, model, page);
  }

  /** Whether the runs of the filter's project are in more than one partition of its index. */
  async #hasProjectsBelow(filter: RunFilter): Promise<boolean> {
    const { project, createdBy } = filter;
    if (project === undefined || tagsOf(filter).length > 0 || createdBy !== undefined) return false;
    if (areLive(statusesOf(filter))) return false;
    return await hasProjectsBelow(this.#table, project);
  }

  async #run(id: RunId): Promise<Run | undefined> {
    const state = await this.#runs.load(id);
    return state === undefined ? undefined : this.#runs.record(state);
  }
}

const MIN_PAGE_ITEMS = 25;
const NEXT_PAGE_ITEMS = 250;
const MAX_ITEMS_READ = 1000;
const MAX_RUNS_READ = 250;

const areLive = (statuses: readonly string[] | undefined): boolean =>
  statuses?.every((status) =>
    RUN_STATUSES.some((known) => known === status && !isTerminalRun(known)),
  ) === true;

const sortKeyOf = ({ index }: KeyRange): string => index?.sortKey ?? 'sk';

/**
 * The smallest range that contains all matching runs, and the filter for the other conditions: the
 * items of a tag or of a creator, else an index of the table.
 */
function rangeFor(filter: RunFilter, projectsBelow: boolean): KeyRange {
  const { project, pipeline, createdBy, order } = filter;
  const statuses = statusesOf(filter);
  const bounds = { ...idRange(filter), descending: order !== 'oldest' };
  const [tag] = tagsOf(filter);
  if (tag !== undefined || createdBy !== undefined)
    return {
      pk: tag === undefined ? creatorPartition(createdBy ?? '') : tagPartition(tag),
      ...bounds,
      ...conditionOf({ project, pipeline }),
    };
  const [all, ofProject, live] = TASKS_TABLE.indexes;
  const { index, pk, wanted } = areLive(statuses)
    ? { index: live, pk: 'live', wanted: { project, pipeline, statuses } }
    : project === undefined || projectsBelow
      ? { index: all, pk: 'run', wanted: { project, pipeline, statuses } }
      : { index: ofProject, pk: project, wanted: { pipeline, statuses } };
  const { name, partitionKey, sortKey } = index;
  return { pk, ...bounds, index: { name, partitionKey, sortKey }, ...conditionOf(wanted) };
}

function conditionOf({
  project,
  pipeline,
  statuses,
}: Pick<RunFilter, 'project' | 'pipeline'> & {
  readonly statuses?: readonly string[] | undefined;
}): Pick<KeyRange, 'filter'> {
  const statusNames = (statuses ?? []).map((_, index) => `:status${index}`);
  const terms = [
    ...(pipeline === undefined ? [] : ['#pipeline = :pipeline']),
    ...(statuses === undefined ? [] : [`#status IN (${statusNames.join(', ')})`]),
  ];
  const values = {
    ...(pipeline === undefined ? {} : { ':pipeline': text(pipeline) }),
    ...Object.fromEntries(
      (statuses ?? []).map((status, index) => [`:status${index}`, text(status)]),
    ),
  };
  if (project === undefined)
    return terms.length === 0 ? {} : { filter: { expression: terms.join(' AND '), values } };
  // `0` follows `/` in the order of characters.
  const alternatives = ['#project = :project', '#project > :below AND #project < :above'];
  return {
    filter: {
      expression: alternatives.map((term) => [term, ...terms].join(' AND ')).join(' OR '),
      values: {
        ...values,
        ':project': text(project),
        ':below': text(`${project}/`),
        ':above': text(`${project}0`),
      },
    },
  };
}
