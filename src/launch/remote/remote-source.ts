/**
 * Reads runs and steps from an API and converts them to the view models that commands show.
 *
 * @module
 */
import { allItems, type Client, listAll } from '../../client/client.ts';
import { ApiError } from '../../client/errors.ts';
import type { NameFilter, PageQuery } from '../../client/queries.ts';
import type { Point } from '../../model/artifacts.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import type { Value } from '../../model/value.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import type { OriginRun, ReportingStep } from '../../ports/reported-outputs.ts';
import type { AttemptPlot, NamedPage } from '../../ports/tasks.ts';
import type { ReadChildProgress } from '../../view/child-progress.ts';
import type { HintTarget } from '../../view/hints.ts';
import type { ReportSource } from '../../view/run-report.ts';
import type { RunListItem, RunViewModel, StepViewModel } from '../../view/view-models.ts';
import type { PlotDocument } from '../../wire/plots.ts';
import type { PointDocument, RunDocument, RunSummary } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import type { Content, LinkDocument, Page } from '../../wire/values.ts';
import { remoteProgress } from './remote-progress.ts';

/** The most items that the API returns in one page. */
export const MAX_API_PAGE_ITEMS = 200;

/** Steps with their points are larger, so their pages are smaller. */
const MAX_PAGE_STEPS_WITH_POINTS = MAX_API_PAGE_ITEMS / 4;

type NamedQuery = PageQuery & NameFilter;

export class RemoteSource implements ReportSource {
  readonly #client: Client;
  readonly #includesPoints: boolean;
  readonly #readsAllPlots: boolean;
  /** The plots of a run by call, once they are requested. */
  readonly #runPlots = new Map<string, Promise<ReadonlyMap<number, readonly AttemptPlot[]>>>();
  readonly #links = new Map<string, LinkDocument>();
  /** The cursor of the page that starts with the n-th step, by run and n. */
  readonly #cursors = new Map<string, string>();
  readonly #originRuns = new Map<string, Promise<OriginRun | undefined>>();
  /** Points that came with a page of steps and were not read yet, by run and call. */
  readonly #points = new Map<string, readonly Point[]>();

  readonly objects: ReportSource['objects'] = {
    get: async (key) => new Uint8Array(await (await this.openObject(key)).arrayBuffer()),
  };
  readonly childProgress: ReadChildProgress = (run) => remoteProgress(this.#client, run);
  readonly tasks: ReportSource['tasks'] = {
    steps: (run, calls) => Promise.all(calls.map((call) => this.#client.step(run, call))),
    parents: (run, child, after, limit) => this.#parents(run, child, after, limit),
  };
  readonly queries: ReportSource['queries'] = {
    allSteps: (run, limit, after) => this.#allSteps(run, limit, after),
    runArtifacts: async (run, page) => {
      const read = (query: NamedQuery) => this.#client.runArtifacts(run, query);
      return (await this.#named(`${run} artifacts`, page, read)).map(toArtifactViewModel);
    },
    runModels: async (run, page) => {
      const read = (query: NamedQuery) => this.#client.runModels(run, query);
      return (await this.#named(`${run} models`, page, read)).map(toModelViewModel);
    },
  };

  readonly reported: ReportSource['reported'] = {
    points: (run, step) => this.#pointsOf(run, step),
    firstPoint: async (run, step) => {
      if (!mayHavePoints(step)) return undefined;
      const [point] = (await this.#client.stepMetrics(run, step.call, { limit: 1 })).items;
      return point && toPoint(point);
    },
    plots: (run, step) => this.#plotsOf(run, step),
    runPoints: async (run) =>
      (
        await listAll((cursor) =>
          this.#client.runMetrics(run, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
        )
      ).map(({ at, ...point }) => ({ ...point, at: parseTime(at) })),
    originRun: (run) => {
      const known = this.#originRuns.get(run) ?? this.#originRun(run);
      this.#originRuns.set(run, known);
      return known;
    },
  };

  readonly hintTarget: HintTarget;

  /**
   * @param metrics steps are read with their points, for reports
   * @param plots plots are read for all steps of a run at once; default: step by step
   */
  constructor(
    client: Client,
    {
      metrics,
      plots = false,
      hintTarget = [],
    }: {
      readonly metrics: boolean;
      readonly plots?: boolean;
      readonly hintTarget?: HintTarget | undefined;
    },
  ) {
    this.#client = client;
    this.hintTarget = hintTarget;
    this.#includesPoints = metrics;
    this.#readsAllPlots = plots;
  }

  /** A run as it is now. @throws ApiError */
  async run(id: string): Promise<RunViewModel & { readonly revision: number }> {
    const document = await this.#client.run(id);
    const result = document.result === null ? null : this.toValue(document.result);
    return { ...toRunViewModel(document, result), revision: document.revision };
  }

  /** Converts content to a value whose object this source can read afterwards. */
  toValue(content: Content): Value {
    if (!('key' in content)) return content;
    const { link, ...value } = content;
    this.#links.set(value.key, link);
    return value;
  }

  /**
   * Opens a stored object. @throws ObjectMissingError unless `toValue` received the object's
   * content before
   */
  async openObject(key: string): Promise<Response> {
    const link = this.#links.get(key);
    if (link === undefined) throw new ObjectMissingError(key);
    return await this.#client.readLink(link);
  }

  async #parents(run: RunId, child: number, after: number, limit: number): Promise<number[]> {
    const found: number[] = [];
    for await (const { call } of allItems((cursor) =>
      this.#client.parents(run, child, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    )) {
      if (call > after) found.push(call);
      if (found.length === limit) break;
    }
    return found;
  }

  async #allSteps(run: RunId, limit: number, after: number): Promise<StepViewModel[]> {
    const maxPageSteps = this.#includesPoints ? MAX_PAGE_STEPS_WITH_POINTS : MAX_API_PAGE_ITEMS;
    const steps: StepViewModel[] = [];
    for (let offset = after; steps.length < limit; ) {
      const cursor = this.#cursors.get(`${run} ${offset}`);
      if (offset > 0 && cursor === undefined) break;
      const page = await this.#client.steps(run, {
        limit: Math.min(limit - steps.length, maxPageSteps),
        ...(cursor === undefined ? {} : { cursor }),
        ...(this.#includesPoints ? { include: 'metrics' } : {}),
      });
      for (const step of page.items) {
        steps.push(toStepViewModel(await withAllOutputs(this.#client, run, step)));
        if (step.points !== null && !step.hasMorePoints && step.status !== 'superseded')
          this.#points.set(`${run} ${step.call}`, step.points.map(toPoint));
      }
      offset += page.items.length;
      if (page.next === null) break;
      this.#cursors.set(`${run} ${offset}`, page.next);
    }
    return steps;
  }

  /** At most `page.limit` items after the name `page.after`, which a page read before ended with. */
  async #named<T extends { readonly name: string }>(
    list: string,
    { after, name, limit }: NamedPage,
    read: (query: NamedQuery) => Promise<Page<T>>,
  ): Promise<T[]> {
    const filter = name === undefined ? {} : { name };
    const found: T[] = [];
    let cursor = after === undefined ? undefined : this.#cursors.get(`${list} ${after}`);
    if (after !== undefined && cursor === undefined) return found;
    while (found.length < limit) {
      const page = await read({
        ...filter,
        limit: Math.min(limit - found.length, MAX_API_PAGE_ITEMS),
        ...(cursor === undefined ? {} : { cursor }),
      });
      found.push(...page.items);
      const last = page.items.at(-1);
      if (page.next === null || last === undefined) break;
      cursor = page.next;
      this.#cursors.set(`${list} ${last.name}`, cursor);
    }
    return found;
  }

  async #pointsOf(run: RunId, step: ReportingStep): Promise<readonly Point[]> {
    const key = `${run} ${step.call}`;
    const cached = this.#points.get(key);
    this.#points.delete(key);
    if (cached !== undefined) return cached;
    if (!mayHavePoints(step)) return [];
    const points = await listAll((cursor) =>
      this.#client.stepMetrics(run, step.call, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    );
    return points.map(toPoint);
  }

  async #plotsOf(run: RunId, step: ReportingStep): Promise<readonly AttemptPlot[]> {
    const mayHave =
      step.status === 'cached' || step.attempts.some(({ hasPlots }) => hasPlots === true);
    if (!mayHave || step.status === 'superseded') return [];
    if (this.#readsAllPlots) {
      const plots = this.#runPlots.get(run) ?? this.#readRunPlots(run);
      this.#runPlots.set(run, plots);
      return (await plots).get(step.call) ?? [];
    }
    const plots = await listAll((cursor) =>
      this.#client.stepPlots(run, step.call, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    );
    return plots.map((plot) => this.#toPlot(plot));
  }

  async #readRunPlots(run: RunId): Promise<ReadonlyMap<number, readonly AttemptPlot[]>> {
    const byCall = new Map<number, AttemptPlot[]>();
    for await (const { call, step: _, ...plot } of allItems((cursor) =>
      this.#client.runPlots(run, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    )) {
      const plots = byCall.get(call) ?? [];
      byCall.set(call, plots);
      plots.push(this.#toPlot(plot));
    }
    return byCall;
  }

  #toPlot({ content, at, ...plot }: PlotDocument): AttemptPlot {
    return { ...plot, value: this.toValue(content), at: parseTime(at) };
  }

  async #originRun(run: string): Promise<OriginRun | undefined> {
    try {
      const { pipeline, number } = await this.#client.run(run);
      return { pipeline, number };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }
}

/** The step with all of its artifacts and models, of which a document has the first ones. */
export async function withAllOutputs(
  client: Client,
  run: string,
  step: StepDocument,
): Promise<StepDocument> {
  const { call, artifacts, artifactCount, models, modelCount } = step;
  const page = { limit: MAX_API_PAGE_ITEMS };
  return {
    ...step,
    artifacts:
      artifacts.length === artifactCount
        ? artifacts
        : await listAll((cursor) => client.stepArtifacts(run, call, { ...page, ...cursor })),
    models:
      models.length === modelCount
        ? models
        : await listAll((cursor) => client.stepModels(run, call, { ...page, ...cursor })),
  };
}

const parseTime = (text: string): number => Date.parse(text);
const parseTimeOrNull = (text: string | null): number | null =>
  text === null ? null : parseTime(text);
const parseTimeIfPresent = (text: string | null): number | undefined =>
  text === null ? undefined : parseTime(text);

const toPoint = ({ at, ...point }: PointDocument): Point => ({ ...point, at: parseTime(at) });

export const toRunListItem = (
  run: RunSummary,
): RunListItem & { readonly info: { readonly id: RunId; readonly rerunOf: RunId | null } } => ({
  info: {
    id: runIdSchema.parse(run.id),
    pipeline: run.pipeline,
    project: run.project,
    version: run.version,
    number: run.number,
    declaration: { addRunNumber: run.addRunNumber },
    createdAt: parseTime(run.createdAt),
    rerunOf: run.rerunOf,
    ...(run.parent === null ? {} : { parent: run.parent }),
    ...(run.createdBy === null ? {} : { createdBy: run.createdBy }),
  },
  head: {
    status: run.status,
    tags: run.tags,
    ...(run.archived ? { archived: true } : {}),
    startedAt: parseTimeOrNull(run.startedAt),
    endedAt: parseTimeOrNull(run.endedAt),
    signals: { awaited: run.waitsForSignals },
  },
});

type DocumentEntry = {
  readonly metadata: StepDocument['artifacts'][number]['metadata'];
  readonly createdAt: string;
};

const toArtifactViewModel = <T extends DocumentEntry>({ metadata, createdAt, ...rest }: T) => ({
  ...rest,
  ...(metadata === null ? {} : { metadata: { ...metadata } }),
  createdAt: parseTime(createdAt),
});

const toModelViewModel = ({ framework, ...rest }: StepDocument['models'][number]) => ({
  ...toArtifactViewModel(rest),
  ...(framework === null ? {} : { framework }),
});

function toRunViewModel(run: RunDocument, result: Value | null): RunViewModel {
  const { info, head } = toRunListItem(run);
  return {
    info: {
      ...info,
      declaration: { addRunNumber: run.addRunNumber, argsMap: run.argsMap },
      args: run.args,
      code: { id: run.file, projectRoot: '' },
    },
    head: {
      ...head,
      callCount: run.steps.total,
      result,
      error: run.error,
      abortedBy: run.abortedBy ?? undefined,
      callbackErrors: run.callbackErrors,
      ...(run.note === null ? {} : { note: run.note }),
    },
  };
}

export const toStepViewModel = (step: StepDocument): StepViewModel => ({
  call: step.call,
  name: step.name,
  component: step.component,
  project: step.project,
  taskType: step.taskType,
  options: step.options,
  tags: step.tags,
  status: step.status,
  waitingFor: step.waitingFor,
  waitingReason: step.waitingReason,
  retryAt: parseTimeIfPresent(step.retryAt),
  arguments: step.arguments,
  parentNames: step.parents,
  parentCount: step.parentCount,
  queue: step.queue,
  cacheKey: step.cacheKey,
  cachedFrom: step.cachedFrom,
  adoptedFrom: step.adoptedFrom ?? undefined,
  usedModel: step.usedModel ?? undefined,
  ...(step.childRun === null ? {} : { childRun: step.childRun }),
  attempts: step.attempts.map(
    ({ number, status, exitCode, reason, queuedAt, startedAt, endedAt, ...rest }, index) => ({
      number,
      status,
      exitCode,
      reason: reason ?? undefined,
      error: rest.error ?? undefined,
      infrastructure: rest.infrastructureFailure,
      hasLog: rest.hasLog,
      hasPlots: rest.hasPlots,
      queuedAt: parseTime(queuedAt),
      ...(step.waitingReason === null || index < step.attempts.length - 1
        ? {}
        : { waiting: { reason: step.waitingReason } }),
      startedAt: parseTimeIfPresent(startedAt),
      endedAt: parseTimeIfPresent(endedAt),
      artifacts: rest.artifacts.map((name) => ({ name })),
      models: rest.models.map((name) => ({ name })),
    }),
  ),
  error: step.error,
  artifacts: step.artifacts.map(toArtifactViewModel),
  models: step.models.map(toModelViewModel),
  createdAt: parseTime(step.createdAt),
  startedAt: parseTimeOrNull(step.startedAt),
  endedAt: parseTimeOrNull(step.endedAt),
});

const mayHavePoints = ({ status, attempts }: ReportingStep): boolean =>
  status === 'cached' || (status !== 'superseded' && attempts.length > 0);
