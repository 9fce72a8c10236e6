/**
 * Writes a run as the one JSON document that `--json` prints. Its keys are a contract: other
 * programs read them.
 *
 * 1. Times are ISO 8601 texts. A missing value is `null`; only `metadata` may be absent.
 * 2. `steps` are in the order of calls. Superseded steps are last.
 * 3. Steps are read and written in pages, so that the document of a run of any size needs little
 *    memory.
 *
 * @module
 */

import { decode, fromInline } from '../codec/index.ts';
import type { Point } from '../model/artifacts.ts';
import { withoutStack } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import { toIsoTime, toIsoTimeOrNull } from '../model/iso-time.ts';
import type { Json } from '../model/json.ts';
import { isStored, type Value } from '../model/value.ts';
import type { LimitWaits } from '../ports/limit-waits.ts';
import type { Objects } from '../ports/objects.ts';
import { callPages, collect, namedPages, pages } from '../ports/pages.ts';
import type { ReportedOutputs } from '../ports/reported-outputs.ts';
import type { NamedPage } from '../ports/tasks.ts';
import type {
  PrintedArtifact,
  PrintedMetric,
  PrintedModel,
  PrintedRun,
  PrintedRunMetric,
  PrintedRunSummary,
  PrintedStep,
} from '../wire/printed.ts';
import type { ReadChildProgress } from './child-progress.ts';
import type { HintTarget } from './hints.ts';
import { toReadable } from './readable-json.ts';
import { originRunOf } from './step-origin.ts';
import type {
  ArtifactViewModel,
  ModelViewModel,
  RunListItem,
  RunViewModel,
  StepViewModel,
} from './view-models.ts';

/** Pages of the steps of a run, in the order of calls, superseded steps last. */
export interface StepQueries<S extends StepViewModel = StepViewModel> {
  allSteps(run: RunId, limit: number, after: number): Promise<readonly S[]>;
}

/** Where a report is read from. */
export interface ReportSource {
  readonly tasks: {
    steps(
      run: RunId,
      calls: readonly number[],
    ): Promise<readonly Pick<StepViewModel, 'call' | 'name'>[]>;
    parents(run: RunId, child: number, after: number, limit: number): Promise<readonly number[]>;
  };
  readonly queries: StepQueries & {
    runArtifacts(run: RunId, page: NamedPage): Promise<readonly ArtifactViewModel[]>;
    runModels(run: RunId, page: NamedPage): Promise<readonly ModelViewModel[]>;
  };
  readonly reported: ReportedOutputs;
  readonly objects: Pick<Objects, 'get'>;
  /** Describes the limits that steps wait for, where their records are. */
  readonly limitWaits?: () => LimitWaits;
  /** Default: the progress of child runs is not shown. */
  readonly childProgress?: ReadChildProgress;
  /** For the commands in messages. Default: none. */
  readonly hintTarget?: HintTarget;
}

const MAX_PAGE_STEPS = 500;

export const runSummaryReport = ({ info, head }: RunListItem): PrintedRunSummary => ({
  id: info.id,
  pipeline: info.pipeline,
  project: info.project,
  version: info.version,
  number: info.number,
  addRunNumber: info.declaration?.addRunNumber !== false,
  status: head.status,
  tags: [...head.tags],
  parent: info.parent === undefined ? null : parentReport(info.parent),
  waitsForSignals: [...(head.signals?.awaited ?? [])],
  createdBy: info.createdBy ?? null,
  archived: head.archived === true,
  createdAt: toIsoTime(info.createdAt),
  startedAt: toIsoTimeOrNull(head.startedAt),
  endedAt: toIsoTimeOrNull(head.endedAt),
});

const parentReport = ({
  run,
  pipeline,
  number,
  step,
}: NonNullable<RunListItem['info']['parent']>) => ({ run, pipeline, number, step });

/** The report without its steps, which `stepReports` yields. */
export async function runReport(
  source: ReportSource,
  run: RunViewModel,
): Promise<Omit<PrintedRun, 'steps'>> {
  const { info, head } = run;
  const { queries } = source;
  const artifacts = await collect(namedPages((page) => queries.runArtifacts(info.id, page)));
  const models = await collect(namedPages((page) => queries.runModels(info.id, page)));
  const { createdAt: _, startedAt, endedAt, ...summary } = runSummaryReport(run);
  return {
    ...summary,
    args: { ...info.args },
    argsMap: { ...info.declaration?.argsMap },
    result: head.result === null ? null : await readableResult(head.result, source.objects),
    error: head.error,
    note: head.note ?? null,
    startedAt,
    endedAt,
    artifacts: artifacts.map(artifactReport),
    models: models.map(modelReport),
    metrics: runMetricReports(await source.reported.runPoints(info.id)),
  };
}

/** The reports of the run's steps, in the order of `steps` (2). */
export async function* stepReports(source: ReportSource, run: RunId): AsyncGenerator<PrintedStep> {
  const names = new Map<number, string>();
  for await (const steps of stepPages(source.queries, run)) {
    for (const step of steps) names.set(step.call, step.name);
    for (const step of steps) yield await stepReport(source, run, step, names);
  }
}

/** All steps of a run in pages (3). */
export async function* stepPages<S extends StepViewModel>(
  queries: StepQueries<S>,
  run: RunId,
): AsyncGenerator<readonly S[]> {
  yield* pages(
    (offset: number) => queries.allSteps(run, MAX_PAGE_STEPS, offset),
    0,
    (page, offset) => (page.length < MAX_PAGE_STEPS ? undefined : offset + page.length),
  );
}

/** The text of the document, in pieces, with a line end after it. */
export async function* runReportText(
  source: ReportSource,
  run: RunViewModel,
): AsyncGenerator<string> {
  const { artifacts, models, metrics, ...head } = await runReport(source, run);
  yield `${JSON.stringify(head).slice(0, -1)},"steps":[`;
  let separator = '';
  for await (const step of stepReports(source, run.info.id)) {
    yield separator + JSON.stringify(step);
    separator = ',';
  }
  yield `],${JSON.stringify({ artifacts, models, metrics }).slice(1)}\n`;
}

export async function stepReport(
  source: ReportSource,
  run: RunId,
  step: StepViewModel,
  names: Map<number, string> = new Map(),
): Promise<PrintedStep> {
  return {
    name: step.name,
    component: step.component,
    project: step.project,
    taskType: step.taskType,
    options: { ...step.options },
    tags: [...step.tags],
    status: step.status,
    arguments: [...(step.arguments ?? [])],
    parents: [...(await parentNames(source, run, step, names))],
    queue: step.queue,
    cacheKey: step.cacheKey,
    cachedFrom: step.cachedFrom,
    adoptedFrom: step.adoptedFrom ?? null,
    usedModel: step.usedModel ?? null,
    originRun: await originRunOf(source.reported, step),
    childRun: step.childRun === undefined ? null : { ...step.childRun },
    error: step.error,
    attempts: step.attempts.map((attempt) => ({
      number: attempt.number,
      status: attempt.status,
      exitCode: attempt.exitCode ?? null,
      reason: attempt.reason ?? null,
      error: attempt.error === undefined ? null : withoutStack(attempt.error),
      startedAt: toIsoTimeOrNull(attempt.startedAt),
      endedAt: toIsoTimeOrNull(attempt.endedAt),
      artifacts: namesOf(attempt.artifacts),
      models: namesOf(attempt.models),
      hasPlots: attempt.hasPlots === true,
    })),
    artifacts: step.artifacts.map(artifactReport),
    models: step.models.map(modelReport),
    metrics: metricReports(await source.reported.points(run, step)),
  };
}

/** A step holds the names of its first parents; where there are more, the edges have them. */
async function parentNames(
  source: ReportSource,
  run: RunId,
  step: StepViewModel,
  names: Map<number, string>,
): Promise<readonly string[]> {
  if (step.parentNames.length >= step.parentCount) return step.parentNames;
  const calls = await collect(
    callPages((after, limit) => source.tasks.parents(run, step.call, after, limit), {
      limit: MAX_PAGE_STEPS,
    }),
  );
  const unknown = calls.filter((call) => !names.has(call));
  for (const parent of unknown.length === 0 ? [] : await source.tasks.steps(run, unknown))
    names.set(parent.call, parent.name);
  return calls.map((call) => names.get(call) ?? `#${call}`);
}

const namesOf = (outputs: readonly { readonly name: string }[] = []): string[] =>
  outputs.map(({ name }) => name);

/** Points by metric, in the order of their first points. */
export const metricReports = (points: readonly Point[]): PrintedMetric[] =>
  runMetricReports(points.map((point) => ({ ...point, step: null }))).map(
    ({ step: _, ...metric }) => metric,
  );

/** Points by metric and step: each step of a fan-out has a series of its own. */
export function runMetricReports(
  points: readonly (Point & { readonly step: string | null })[],
): PrintedRunMetric[] {
  const metrics = new Map<string, PrintedRunMetric>();
  for (const { title, series, step, iteration, value, at } of points) {
    const key = JSON.stringify([title, series, step]);
    const metric = metrics.get(key) ?? { title, series, step, points: [] };
    metrics.set(key, metric);
    metric.points.push({ iteration, value, at: toIsoTime(at) });
  }
  return [...metrics.values()];
}

const artifactReport = ({
  name,
  type,
  size,
  hash,
  preview,
  metadata,
}: ArtifactViewModel): PrintedArtifact => ({
  name,
  type,
  size,
  hash,
  preview,
  ...(metadata ? { metadata } : {}),
});

const modelReport = ({ name, size, hash, framework, metadata }: ModelViewModel): PrintedModel => ({
  name,
  size,
  hash,
  framework: framework ?? null,
  ...(metadata ? { metadata } : {}),
});

/** The readable result of a run. A pipeline that returns nothing has the result `null`. */
async function readableResult(value: Value, objects: Pick<Objects, 'get'>): Promise<Json> {
  const readable = await readableValue(value, objects);
  const isUndefined =
    typeof readable === 'object' &&
    readable !== null &&
    !Array.isArray(readable) &&
    '$type' in readable &&
    readable.$type === 'undefined';
  return isUndefined ? null : readable;
}

/**
 * A recorded value as JSON. JSON stays as it is, other data has the tagged form of `toReadable`,
 * and a file or folder is described by its size, hash and key.
 */
export async function readableValue(value: Value, objects: Pick<Objects, 'get'>): Promise<Json> {
  if (!isStored(value)) return toReadable(decode(fromInline(value)));
  if (value.format === 'json')
    return JSON.parse(Buffer.from(await objects.get(value.key, value.size)).toString('utf8'));
  if (value.format === 'cbor')
    return toReadable(decode({ format: 'cbor', bytes: await objects.get(value.key, value.size) }));
  return {
    $type: value.format,
    size: value.size,
    hash: value.hash,
    key: value.key,
    ...(value.name === undefined ? {} : { name: value.name }),
  };
}
