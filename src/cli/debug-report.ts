/**
 * A run in debug mode as the document of `--json`. It has the same keys; fields that only the
 * engine fills are empty.
 *
 * @module
 */
import {
  type ArgumentPreview,
  argumentPreviews,
  changedPreviews,
  StepReference,
} from '../model/argument-previews.ts';
import type { PipelineCode } from '../model/code.ts';
import { type ErrorRecord, toErrorRecord, withoutStack } from '../model/errors.ts';
import { toIsoTimeOrNull } from '../model/iso-time.ts';
import type { JsonObject } from '../model/json.ts';
import type { StepStatus } from '../model/step.ts';
import { USE_MODEL_COMPONENT, type UsedModel } from '../model/use-model.ts';
import type {
  DebugArguments,
  DebugArtifact,
  DebugModel,
  DebugReport,
  DebugStepReport,
} from '../sdk/debug/report.ts';
import { toReadable } from '../view/readable-json.ts';
import { metricReports } from '../view/run-report.ts';
import type { PrintedArtifact, PrintedModel, PrintedRun, PrintedStep } from '../wire/printed.ts';
import { usedModelSchema } from '../wire/steps.ts';

type Trace = (error: ErrorRecord) => ErrorRecord;

/** @param trace adds the user's positions to an error */
export function debugDocument(
  report: DebugReport,
  args: JsonObject,
  trace: Trace,
  code: Pick<PipelineCode, 'components'>,
): PrintedRun {
  const { declaration } = report;
  return {
    id: report.id,
    pipeline: declaration.name,
    project: declaration.project,
    version: declaration.version,
    number: 0,
    addRunNumber: declaration.addRunNumber,
    status: report.status,
    tags: [...report.tags],
    args,
    argsMap: { ...declaration.argsMap },
    result: report.result === undefined ? null : toReadable(report.result),
    error:
      report.error === undefined || report.error === null ? null : trace(errorOf(report.error)),
    waitsForSignals: [],
    createdBy: null,
    archived: false,
    note: null,
    parent: null,
    startedAt: toIsoTimeOrNull(report.startedAt),
    endedAt: toIsoTimeOrNull(report.endedAt),
    steps: report.steps.map((step) => ({
      ...stepReport(step, declaration.targetProject ?? declaration.project, trace, code),
      tags: declaration.addPipelineTags ? [...step.tags, `pipe: ${report.id}`] : [...step.tags],
    })),
    artifacts: report.artifacts.map(artifactReport),
    models: report.models.map(modelReport),
    metrics: [],
  };
}

/** Errors of steps name their step, as recorded errors of the other modes do. */
function errorOf(thrown: unknown): ErrorRecord {
  const record = toErrorRecord(thrown);
  const isOfStep = thrown instanceof Error && STEP_ERRORS.has(record.name) && 'step' in thrown;
  return isOfStep ? { ...record, step: String(thrown.step) } : record;
}

/** Names, because the debug bundle may contain another copy of the classes. */
const STEP_ERRORS: ReadonlySet<string> = new Set([
  'StepFailedError',
  'StepSkippedError',
  'StepAbortedError',
  'StepCancelledError',
]);

/** Larger arguments have no previews. */
const MAX_PREVIEWED_SIZE = 100_000;

/**
 * The previews of a step's arguments, with the changes that its pre-execute callback made. The
 * callback receives values in the place of Lazies: what it left as it was is shown as in the call.
 */
function previewsOf(
  { componentId, args, receivedArguments, launchArguments }: DebugStepReport,
  { components }: Pick<PipelineCode, 'components'>,
): ArgumentPreview[] {
  const { size } = launchArguments;
  if (size > MAX_PREVIEWED_SIZE) return [{ name: 'arguments', value: `… ${size} bytes` }];
  const signature = components.find(({ id }) => id === componentId)?.signature;
  if (signature === undefined) return [];
  const previews = (list: DebugArguments | undefined): ArgumentPreview[] =>
    list === undefined || list.size > MAX_PREVIEWED_SIZE
      ? []
      : argumentPreviews(list.described(referenceTo), signature);
  if (launchArguments === args) return previews(args);
  const original = previews(args);
  const received = previews(receivedArguments);
  const launched = previews(launchArguments).map((preview) =>
    find(received, preview.name)?.value === preview.value
      ? (find(original, preview.name) ?? preview)
      : preview,
  );
  return changedPreviews(original, launched);
}

const find = (previews: readonly ArgumentPreview[], name: string): ArgumentPreview | undefined =>
  previews.find((preview) => preview.name === name);

const referenceTo: Parameters<DebugArguments['described']>[0] = ({ source, index }) => {
  const name = source.returnValues.length < 2 ? undefined : source.returnValues[index ?? -1];
  return new StepReference(name === undefined ? source.name : `${source.name}.${name}`);
};

const stepReport = (
  step: DebugStepReport,
  project: string,
  trace: Trace,
  code: Pick<PipelineCode, 'components'>,
): Omit<PrintedStep, 'tags'> => ({
  name: step.name,
  component: step.component,
  project,
  taskType: step.taskType,
  options: { ...step.options },
  status: step.status satisfies StepStatus,
  arguments: previewsOf(step, code),
  parents: [...step.parents],
  queue: step.queue,
  cacheKey: null,
  cachedFrom: null,
  adoptedFrom: null,
  originRun: null,
  usedModel: usedModelOf(step),
  childRun: null,
  error: step.error === undefined || step.error === null ? null : trace(errorOf(step.error)),
  attempts: step.attempts.map((attempt) => ({
    number: attempt.number,
    status: attempt.status,
    exitCode: null,
    reason: attempt.error === undefined ? null : errorText(attempt.error),
    error: attempt.error === undefined ? null : withoutStack(trace(toErrorRecord(attempt.error))),
    startedAt: toIsoTimeOrNull(attempt.startedAt),
    endedAt: toIsoTimeOrNull(attempt.endedAt),
    artifacts: [...(attempt.artifacts ?? [])],
    models: [...(attempt.models ?? [])],
    hasPlots: step.plots.some((plot) => plot.attempt === attempt.number),
  })),
  artifacts: step.artifacts.map(artifactReport),
  models: step.models.map(modelReport),
  metrics: metricReports(step.points),
});

/** Of a call of `useModel`, the second value is what is known about the version. */
function usedModelOf({ componentId, values }: DebugStepReport): UsedModel | null {
  if (componentId !== USE_MODEL_COMPONENT.id) return null;
  return usedModelSchema.safeParse(values?.[1]).data ?? null;
}

function errorText(thrown: unknown): string {
  const { name, message } = toErrorRecord(thrown);
  return `${name}: ${message}`;
}

/** Debug mode stores no content, so there is no hash. */
const artifactReport = ({
  name,
  type,
  size,
  preview,
  metadata,
}: DebugArtifact): PrintedArtifact => ({
  name,
  type,
  size,
  hash: '',
  preview,
  ...(metadata === undefined ? {} : { metadata: metadata as JsonObject }),
});

const modelReport = ({ name, size, framework, metadata }: DebugModel): PrintedModel => ({
  name,
  size,
  hash: '',
  framework: framework ?? null,
  ...(metadata === undefined ? {} : { metadata: metadata as JsonObject }),
});
