/**
 * Records as the documents of the API. None of the functions throws, whatever a record contains.
 *
 * @module
 */
import type { Artifact, Model, Point } from '../model/artifacts.ts';
import { sourceFileOf } from '../model/code.ts';
import { withoutStack } from '../model/errors.ts';
import { toIsoTime, toIsoTimeOrNull } from '../model/iso-time.ts';
import type { ModelVersion } from '../model/model-version.ts';
import type { Run, RunInfo } from '../model/run.ts';
import { jsonBytes } from '../model/service-limits.ts';
import { type Attempt, type Step, waitingReasonOf } from '../model/step.ts';
import { truncate } from '../model/truncate.ts';
import { isStored, type Value } from '../model/value.ts';
import type { CacheEntry } from '../ports/cache.ts';
import type { Link, Links } from '../ports/links.ts';
import type { PipelineVersion } from '../ports/registry.ts';
import type { NamedRunPoint } from '../ports/reported-outputs.ts';
import type { ShownModelUse } from '../ports/shown-model-use.ts';
import type { AttemptPlot } from '../ports/tasks.ts';
import type { CostDocument } from '../wire/costs.ts';
import type { ModelUseDocument, ModelVersionDocument } from '../wire/models.ts';
import type { VersionDocument } from '../wire/pipelines.ts';
import type { PlotDocument } from '../wire/plots.ts';
import type {
  ArtifactDocument,
  ModelDocument,
  PointDocument,
  RunDocument,
  RunPointDocument,
  RunSummary,
} from '../wire/runs.ts';
import type { CacheEntryDocument } from '../wire/service.ts';
import type { AttemptDocument, StepDocument } from '../wire/steps.ts';
import type { Content, LinkDocument } from '../wire/values.ts';
import { itemsWithin } from './cursors.ts';

/** Null for a run that is no child run. */
const parentOf = ({ parent }: RunInfo): Pick<RunSummary, 'parent'> => ({
  parent:
    parent === undefined
      ? null
      : {
          run: parent.run,
          pipeline: parent.pipeline,
          number: parent.number,
          step: parent.step,
        },
});

/** What a run contains only if the request includes it. */
const NOT_INCLUDED = { args: null, scalars: null, cost: null } as const;

export const stepTotals = ({
  callCount,
  unfinishedSteps,
  unhandledFailures,
  stepCounts,
}: Run['head']) => ({
  total: callCount,
  unfinished: unfinishedSteps,
  failures: unhandledFailures,
  ...(stepCounts === undefined ? {} : { counts: { ...stepCounts } }),
});

const MAX_ERROR_LINE = 300;
const firstLine = (text: string): string => truncate(text.split('\n', 1)[0] ?? '', MAX_ERROR_LINE);

/** Without the parts that a request may include (`run-includes.ts`). */
export const runSummaryDocument = ({ info, head }: Run): RunSummary => ({
  id: info.id,
  pipeline: info.pipeline,
  project: info.project,
  version: info.version,
  number: info.number,
  addRunNumber: info.declaration.addRunNumber,
  status: head.status,
  tags: [...head.tags],
  rerunOf: info.rerunOf,
  ...parentOf(info),
  waitsForSignals: [...(head.signals?.awaited ?? [])],
  createdBy: info.createdBy ?? null,
  archived: head.archived === true,
  steps: stepTotals(head),
  errorMessage: head.error === null ? null : firstLine(head.error.message),
  ...NOT_INCLUDED,
  createdAt: toIsoTime(info.createdAt),
  startedAt: toIsoTimeOrNull(head.startedAt),
  endedAt: toIsoTimeOrNull(head.endedAt),
});

/** The run as it was created, so that a repeated create returns the same document at any time. */
export const createdRunDocument = (info: RunInfo): RunSummary => ({
  id: info.id,
  pipeline: info.pipeline,
  project: info.project,
  version: info.version,
  number: info.number,
  addRunNumber: info.declaration.addRunNumber,
  status: 'queued',
  tags: [...info.declaration.tags],
  rerunOf: info.rerunOf,
  ...parentOf(info),
  waitsForSignals: [],
  createdBy: info.createdBy ?? null,
  archived: false,
  steps: { total: 0, unfinished: 0, failures: 0 },
  errorMessage: null,
  ...NOT_INCLUDED,
  createdAt: toIsoTime(info.createdAt),
  startedAt: null,
  endedAt: null,
});

export async function runDocument(run: Run, links: Links): Promise<RunDocument> {
  const { info, head } = run;
  return {
    ...runSummaryDocument(run),
    args: { ...info.args },
    encodedArgs: Object.keys(info.encodedArgs ?? {}),
    argsMap: { ...info.declaration.argsMap },
    result: head.result === null ? null : await contentDocument(head.result, links, 'result'),
    error: head.error,
    abortReason: head.abortReason,
    abortedBy: head.abortedBy ?? null,
    file: sourceFileOf(info.code),
    callbackErrors: [...head.callbackErrors],
    steps: stepTotals(head),
    evaluator: info.evaluatedBy ?? 'engine',
    note: head.note ?? null,
    revision: head.revision,
  };
}

export const linkDocument = ({ url, method, headers, expiresAt }: Link): LinkDocument => ({
  url,
  method,
  headers: { ...headers },
  expiresAt: toIsoTime(expiresAt),
});

export async function contentDocument(value: Value, links: Links, name: string): Promise<Content> {
  if (!isStored(value)) return value;
  return {
    ...value,
    link: linkDocument(
      await links.read(wellFormed(value.key), { filename: wellFormed(value.name ?? name) }),
    ),
  };
}

/** A URL cannot contain a lone surrogate, which a name on record may have. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

const artifactEntryDocument = ({
  name,
  type,
  size,
  hash,
  preview,
  metadata,
  createdAt,
}: Artifact) => ({
  name,
  type,
  size,
  hash,
  preview,
  metadata: metadata ?? null,
  createdAt: toIsoTime(createdAt),
});

/** What the document of a step contains of its lists, so that a page of steps stays small. */
const MAX_ENTRIES = 20;
const MAX_ENTRIES_BYTES = 16_384;

/** The entries of the first items, as many as the document of a step has room for. */
const firstEntries = <T, Entry>(items: readonly T[], toEntry: (item: T) => Entry): Entry[] =>
  itemsWithin(items.slice(0, MAX_ENTRIES).map(toEntry), MAX_ENTRIES_BYTES, jsonBytes);

const modelEntryDocument = ({
  name,
  value,
  size,
  hash,
  framework,
  metadata,
  createdAt,
}: Model) => ({
  name,
  type: value.format,
  size,
  hash,
  framework: framework ?? null,
  metadata: metadata ?? null,
  createdAt: toIsoTime(createdAt),
});

export const artifactDocument = async (
  artifact: Artifact,
  links: Links,
): Promise<ArtifactDocument> => ({
  ...artifactEntryDocument(artifact),
  content: await contentDocument(artifact.value, links, artifact.name),
});

export const modelDocument = async (model: Model, links: Links): Promise<ModelDocument> => ({
  ...modelEntryDocument(model),
  content: await contentDocument(model.value, links, model.name),
});

export const pointDocument = ({ at, ...point }: Point): PointDocument => ({
  ...point,
  at: toIsoTime(at),
});

export const runPointDocument = ({ at, ...point }: NamedRunPoint): RunPointDocument => ({
  ...point,
  at: toIsoTime(at),
});

const FILE_EXTENSIONS: Readonly<Record<AttemptPlot['format'], string>> = {
  json: 'json',
  png: 'png',
  jpeg: 'jpg',
  gif: 'gif',
  webp: 'webp',
};

export const plotDocument = async (
  { value, at, ...plot }: AttemptPlot,
  links: Links,
): Promise<PlotDocument> => ({
  ...plot,
  content: await contentDocument(value, links, `${plot.kind}.${FILE_EXTENSIONS[plot.format]}`),
  at: toIsoTime(at),
});

const namesOf = (outputs: readonly { readonly name: string }[] = []): string[] =>
  outputs.slice(0, MAX_ENTRIES).map(({ name }) => name);

const attemptDocument = (attempt: Attempt): AttemptDocument => ({
  number: attempt.number,
  status: attempt.status,
  exitCode: attempt.exitCode ?? null,
  signal: attempt.signal ?? null,
  reason: attempt.reason ?? null,
  error: attempt.error === undefined ? null : withoutStack(attempt.error),
  infrastructureFailure: attempt.infrastructure === true,
  hasLog: attempt.logStream !== undefined,
  artifacts: namesOf(attempt.artifacts),
  models: namesOf(attempt.models),
  hasPlots: attempt.hasPlots === true,
  queuedAt: toIsoTime(attempt.queuedAt),
  startedAt: toIsoTimeOrNull(attempt.startedAt),
  endedAt: toIsoTimeOrNull(attempt.endedAt),
});

/**
 * `points`: the first points of its metrics, if the request includes metrics. `waitsForLimit`: which
 * steps hold the slots that it waits for.
 */
export const stepDocument = (
  step: Step,
  points: { readonly items: readonly Point[]; readonly hasMore: boolean } | null,
  waitsForLimit: string | null,
  cost: CostDocument | null,
): StepDocument => ({
  call: step.call,
  name: step.name,
  component: step.component,
  project: step.project,
  taskType: step.taskType,
  options: { ...step.options },
  tags: [...step.tags],
  status: step.status,
  waitingFor: step.waitingFor,
  waitingReason: waitingReasonOf(step) ?? waitsForLimit,
  retryAt: step.waitingFor === 'backoff' ? toIsoTimeOrNull(step.retryAt) : null,
  arguments: [...(step.arguments ?? [])],
  parents: [...step.parentNames],
  parentCount: step.parentCount,
  queue: step.queue,
  cacheKey: step.cacheKey,
  cachedFrom: step.cachedFrom === null ? null : { ...step.cachedFrom },
  adoptedFrom: step.adoptedFrom === undefined ? null : { ...step.adoptedFrom },
  usedModel: step.usedModel === undefined ? null : { ...step.usedModel },
  childRun: step.childRun === undefined ? null : { ...step.childRun },
  attempts: step.attempts.map(attemptDocument),
  error: step.error,
  artifacts: firstEntries(step.artifacts, artifactEntryDocument),
  artifactCount: step.artifacts.length,
  models: firstEntries(step.models, modelEntryDocument),
  modelCount: step.models.length,
  points: points === null ? null : points.items.map(pointDocument),
  hasMorePoints: points?.hasMore ?? false,
  cost,
  createdAt: toIsoTime(step.createdAt),
  startedAt: toIsoTimeOrNull(step.startedAt),
  endedAt: toIsoTimeOrNull(step.endedAt),
});

export function versionDocument(
  pipeline: { readonly project: string; readonly name: string },
  pipelineVersion: PipelineVersion,
): VersionDocument {
  const { version, codeHash, createdAt, content } = pipelineVersion;
  return {
    project: pipeline.project,
    pipeline: pipeline.name,
    version,
    codeHash,
    createdAt: toIsoTimeOrNull(createdAt),
    runnable: content !== null,
    signature: content?.code.signature ?? null,
    declaration: content?.declaration ?? null,
    defaultQueue: content?.defaultQueue ?? null,
    inputs: [...(content?.code.inputs ?? [])],
    components: (content?.code.components ?? []).map(({ id, name, bundle }) => ({
      id,
      name,
      codeHash: bundle.hash,
      size: bundle.size,
      packages: bundle.packages,
    })),
  };
}

export const cacheEntryDocument = ({
  key,
  project,
  component,
  run,
  step,
  createdAt,
  artifacts,
  models,
}: CacheEntry): CacheEntryDocument => ({
  key,
  project,
  component,
  run,
  step,
  createdAt: toIsoTime(createdAt),
  artifacts: artifacts.map(({ name, type, size, hash, preview }) => ({
    name,
    type,
    size,
    hash,
    preview,
  })),
  models: models.map(({ name, size, hash }) => ({ name, size, hash })),
});

export async function modelVersionDocument(
  { value, registeredAt, publishedAt, source, tags, metrics, ...version }: ModelVersion,
  links: Links,
): Promise<ModelVersionDocument> {
  const { step } = source;
  return {
    ...version,
    metadata: version.metadata ?? null,
    tags: [...tags],
    metrics: [...metrics],
    size: value.size,
    hash: value.hash,
    registeredAt: toIsoTime(registeredAt),
    publishedAt: toIsoTimeOrNull(publishedAt),
    source: {
      ...source,
      step: step === null ? null : { ...step, arguments: [...step.arguments] },
    },
    content: await contentDocument(value, links, version.name),
  };
}

export const modelUseDocument = (use: ShownModelUse): ModelUseDocument => ({
  ...use,
  receivers: [...use.receivers],
  usedAt: toIsoTimeOrNull(use.usedAt),
});
