/**
 * A run as the one JSON document that `--json` prints. Its keys are a contract: other programs read them.
 *
 * 1. Times are ISO 8601 texts; what is not there is `null`, never absent.
 * 2. `steps` are in the order of calls, superseded ones last.
 * 3. Steps are read and written in pages: the document of a run of any size needs little memory.
 *
 * @module
 */
import { decode, fromInline } from '../codec/index.ts';
import type { Point } from '../model/artifacts.ts';
import type { ErrorRecord } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { RunStatus } from '../model/run.ts';
import type { Attempt, StepStatus } from '../model/step.ts';
import { isStored, type Value } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';
import { toReadable } from './readable-json.ts';
import type {
  ArtifactViewModel,
  ModelViewModel,
  RunListItem,
  RunViewModel,
  StepViewModel,
} from './view-models.ts';

/** Steps in the order of calls, superseded ones last. */
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
    points(run: RunId, call: number | null): Promise<readonly Point[]>;
  };
  readonly objects: Pick<Objects, 'get'>;
}

export interface ArtifactReport {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly hash: string;
  readonly preview: string;
  readonly metadata?: JsonObject;
}

export interface ModelReport {
  readonly name: string;
  readonly size: number;
  readonly hash: string;
  readonly framework: string | null;
  readonly metadata?: JsonObject;
}

export interface MetricReport {
  readonly title: string;
  readonly series: string;
  readonly points: readonly {
    readonly iteration: number;
    readonly value: number | string;
    readonly at: string;
  }[];
}

export interface AttemptReport {
  readonly number: number;
  readonly status: Attempt['status'];
  readonly exitCode: number | null;
  readonly reason: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface StepReport {
  readonly name: string;
  readonly component: string;
  readonly project: string;
  readonly taskType: string;
  readonly tags: readonly string[];
  readonly status: StepStatus;
  /** Names of the steps that it depends on. */
  readonly parents: readonly string[];
  readonly queue: string;
  readonly cacheKey: string | null;
  readonly cachedFrom: { readonly run: string; readonly step: string } | null;
  readonly attempts: readonly AttemptReport[];
  readonly artifacts: readonly ArtifactReport[];
  readonly models: readonly ModelReport[];
  readonly metrics: readonly MetricReport[];
}

/** What `runs list --json` prints of each run. */
export interface RunSummaryReport {
  readonly id: string;
  readonly pipeline: string;
  readonly project: string;
  readonly version: string;
  readonly number: number;
  readonly status: RunStatus;
  readonly tags: readonly string[];
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface RunReport extends Omit<RunSummaryReport, 'createdAt'> {
  readonly args: JsonObject;
  /** The value that the pipeline returned, as `toReadable` writes it; `null` while there is none. */
  readonly result: Json;
  readonly error: ErrorRecord | null;
  readonly steps: readonly StepReport[];
  readonly artifacts: readonly ArtifactReport[];
  readonly models: readonly ModelReport[];
  readonly metrics: readonly MetricReport[];
}

const MAX_PAGE_STEPS = 500;

export const isoTime = (epochMs: number | null | undefined): string | null =>
  epochMs == null ? null : new Date(epochMs).toISOString();

export const runSummaryReport = ({ info, head }: RunListItem): RunSummaryReport => ({
  id: info.id,
  pipeline: info.pipeline,
  project: info.project,
  version: info.version,
  number: info.number,
  status: head.status,
  tags: head.tags,
  createdAt: new Date(info.createdAt).toISOString(),
  startedAt: isoTime(head.startedAt),
  endedAt: isoTime(head.endedAt),
});

/** All of the report but its steps, which `stepReports` gives one after the other. */
export async function runReport(
  source: ReportSource,
  run: RunViewModel,
): Promise<Omit<RunReport, 'steps'>> {
  const { info, head } = run;
  const { createdAt: _, startedAt, endedAt, ...summary } = runSummaryReport(run);
  return {
    ...summary,
    args: info.args,
    result: head.result === null ? null : await readableResult(head.result, source.objects),
    error: head.error,
    startedAt,
    endedAt,
    artifacts: head.artifacts.map(artifactReport),
    models: head.models.map(modelReport),
    metrics: metricReports(await source.queries.points(info.id, null)),
  };
}

/** The reports of the run's steps, in the order of `steps` (2). */
export async function* stepReports(source: ReportSource, run: RunId): AsyncGenerator<StepReport> {
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
  for (let offset = 0; ; ) {
    const page = await queries.allSteps(run, MAX_PAGE_STEPS, offset);
    if (page.length > 0) yield page;
    if (page.length < MAX_PAGE_STEPS) return;
    offset += page.length;
  }
}

/** The document as text, in pieces, with a line end behind it. */
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

async function stepReport(
  source: ReportSource,
  run: RunId,
  step: StepViewModel,
  names: Map<number, string>,
): Promise<StepReport> {
  return {
    name: step.name,
    component: step.component,
    project: step.project,
    taskType: step.taskType,
    tags: step.tags,
    status: step.status,
    parents: await parentNames(source, run, step, names),
    queue: step.queue,
    cacheKey: step.cacheKey,
    cachedFrom: step.cachedFrom,
    attempts: step.attempts.map((attempt) => ({
      number: attempt.number,
      status: attempt.status,
      exitCode: attempt.exitCode ?? null,
      reason: attempt.reason ?? null,
      startedAt: isoTime(attempt.startedAt),
      endedAt: isoTime(attempt.endedAt),
    })),
    artifacts: step.artifacts.map(artifactReport),
    models: step.models.map(modelReport),
    metrics: metricReports(
      step.attempts.length === 0 ? [] : await source.queries.points(run, step.call),
    ),
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
  const calls: number[] = [];
  while (true) {
    const page = await source.tasks.parents(run, step.call, calls.at(-1) ?? -1, MAX_PAGE_STEPS);
    calls.push(...page);
    if (page.length < MAX_PAGE_STEPS) break;
  }
  const unknown = calls.filter((call) => !names.has(call));
  for (const parent of unknown.length === 0 ? [] : await source.tasks.steps(run, unknown))
    names.set(parent.call, parent.name);
  return calls.map((call) => names.get(call) ?? `#${call}`);
}

export function metricReports(points: readonly Point[]): MetricReport[] {
  const metrics = new Map<
    string,
    { title: string; series: string; points: MetricReport['points'][number][] }
  >();
  for (const { title, series, iteration, value, at } of points) {
    const key = JSON.stringify([title, series]);
    const metric = metrics.get(key) ?? { title, series, points: [] };
    metrics.set(key, metric);
    metric.points.push({ iteration, value, at: new Date(at).toISOString() });
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
}: ArtifactViewModel): ArtifactReport => ({
  name,
  type,
  size,
  hash,
  preview,
  ...(metadata ? { metadata } : {}),
});

const modelReport = ({ name, size, hash, framework, metadata }: ModelViewModel): ModelReport => ({
  name,
  size,
  hash,
  framework: framework ?? null,
  ...(metadata ? { metadata } : {}),
});

/** The result: nothing returned is `null`. */
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

/** A recorded value as JSON: JSON as it is, other data in the tagged form of `toReadable`, bytes and files by what they are and where. */
export async function readableValue(value: Value, objects: Pick<Objects, 'get'>): Promise<Json> {
  if (!isStored(value)) return toReadable(decode(fromInline(value)));
  if (value.format === 'json')
    return JSON.parse(Buffer.from(await objects.get(value.key)).toString('utf8'));
  if (value.format === 'cbor')
    return toReadable(decode({ format: 'cbor', bytes: await objects.get(value.key) }));
  return {
    $type: value.format,
    size: value.size,
    hash: value.hash,
    key: value.key,
    ...(value.name === undefined ? {} : { name: value.name }),
  };
}
