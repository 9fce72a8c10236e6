/**
 * A run in debug mode as the document of `--json`: the same keys; what only the engine knows is empty.
 *
 * @module
 */
import { toErrorRecord } from '../model/errors.ts';
import type { JsonObject } from '../model/json.ts';
import type { StepStatus } from '../model/step.ts';
import type {
  DebugArtifact,
  DebugModel,
  DebugReport,
  DebugStepReport,
} from '../sdk/debug/report.ts';
import { toReadable } from './readable-json.ts';
import {
  type ArtifactReport,
  isoTime,
  type MetricReport,
  type ModelReport,
  metricReports,
  type RunReport,
  type StepReport,
} from './run-report.ts';

export function debugDocument(report: DebugReport, args: JsonObject): RunReport {
  const { declaration } = report;
  return {
    id: report.id,
    pipeline: declaration.name,
    project: declaration.project,
    version: declaration.version,
    number: 0,
    status: report.status,
    tags: report.tags,
    args,
    result: report.result === undefined ? null : toReadable(report.result),
    error: report.error === undefined || report.error === null ? null : toErrorRecord(report.error),
    startedAt: isoTime(report.startedAt),
    endedAt: isoTime(report.endedAt),
    steps: report.steps.map((step) =>
      stepReport(step, declaration.targetProject ?? declaration.project),
    ),
    artifacts: report.artifacts.map(artifactReport),
    models: report.models.map(modelReport),
    metrics: [],
  };
}

const stepReport = (step: DebugStepReport, project: string): StepReport => ({
  name: step.name,
  component: step.component,
  project,
  taskType: step.taskType,
  tags: step.tags,
  status: step.status satisfies StepStatus,
  parents: step.parents,
  queue: step.queue,
  cacheKey: null,
  cachedFrom: null,
  attempts: step.attempts.map((attempt) => ({
    number: attempt.number,
    status: attempt.status,
    exitCode: null,
    reason: attempt.error === undefined ? null : errorText(attempt.error),
    startedAt: isoTime(attempt.startedAt),
    endedAt: isoTime(attempt.endedAt),
  })),
  artifacts: step.artifacts.map(artifactReport),
  models: step.models.map(modelReport),
  metrics: metricReports(step.points) satisfies readonly MetricReport[],
});

function errorText(thrown: unknown): string {
  const { name, message } = toErrorRecord(thrown);
  return `${name}: ${message}`;
}

/** In debug mode nothing is stored by its content: there is no hash. */
const artifactReport = ({ name, type, size, preview }: DebugArtifact): ArtifactReport => ({
  name,
  type,
  size,
  hash: '',
  preview,
});

const modelReport = ({ name, size, framework }: DebugModel): ModelReport => ({
  name,
  size,
  hash: '',
  framework: framework ?? null,
});
