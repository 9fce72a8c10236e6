/**
 * Describes one step as text: arguments, attempts with their errors, outputs, last values of
 * metrics.
 *
 * @module
 */
import type { ErrorRecord } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import { type UsedModel, usedModelText } from '../model/use-model.ts';
import { errorDetails, errorHeader, type TextLayout } from './error-text.ts';
import { formatDuration, formatSize, formatTime } from './format.ts';
import { metricReports, type ReportSource } from './run-report.ts';
import { paintStatus, statusSymbol } from './status-style.ts';
import { originText, shownStatus } from './step-origin.ts';
import type { AttemptViewModel, StepViewModel } from './view-models.ts';
import { waitingText } from './waiting-text.ts';
import { wrapWords } from './wrap.ts';

const MAX_LISTED = 50;

export async function stepLines(
  { reported, limitWaits }: Pick<ReportSource, 'reported' | 'limitWaits'>,
  run: RunId,
  step: StepViewModel,
  layout: TextLayout,
): Promise<string[]> {
  const { colors } = layout;
  const status = shownStatus(step);
  const waiting = await waitingText(limitWaits?.(), run, step);
  const metrics = metricReports(await reported.points(run, step));
  const origin = await originText(reported, step);
  return [
    `${paintStatus(`${statusSymbol(status)} ${step.name}`, status, colors)} ${paintStatus(status, status, colors)}`,
    `component ${step.component}, type ${step.taskType}, queue ${step.queue}`,
    ...(step.parentNames.length === 0
      ? []
      : [
          `after ${step.parentNames.join(', ')}${step.parentCount > step.parentNames.length ? ', …' : ''}`,
        ]),
    ...(waiting === null ? [] : [waiting.startsWith('waits ') ? waiting : `waits: ${waiting}`]),
    ...(step.cacheKey === null ? [] : [`cache key ${step.cacheKey}`]),
    ...(origin === null ? [] : [`result ${origin}`]),
    ...(step.usedModel === undefined ? [] : [usedModelLine(step.usedModel)]),
    ...section(
      'options',
      Object.entries(step.options ?? {}).map(
        ([name, value]) => `${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      ),
    ),
    ...section(
      'arguments',
      (step.arguments ?? []).map(
        ({ name, value, changedFrom }) =>
          `${name} = ${value}${changedFrom === undefined ? '' : ` (a callback changed it from ${changedFrom})`}`,
      ),
    ),
    // A step without a job fails without an attempt.
    ...(step.attempts.length > 0 || step.error === null
      ? []
      : wrapWords(errorHeader(step.error), layout.columns, '  ')),
    ...step.attempts.flatMap((attempt, index) =>
      attemptLines(attempt, index === step.attempts.length - 1 ? step.error : null, layout),
    ),
    ...section(
      'artifacts',
      step.artifacts.map(
        ({ name, type, size, preview }) => `${name} (${type}, ${formatSize(size)}): ${preview}`,
      ),
    ),
    ...section(
      'models',
      step.models.map(
        ({ name, size, framework }) =>
          `${name} (${framework === undefined ? '' : `${framework}, `}${formatSize(size)})`,
      ),
    ),
    ...section(
      'metrics',
      metrics.map(({ title, series, points }) => {
        const last = points.at(-1);
        return `${title}/${series}: ${last?.value} at ${last?.iteration} (${points.length} points)`;
      }),
    ),
  ];
}

const usedModelLine = (model: UsedModel): string =>
  `model ${usedModelText(model)} of project ${model.project}`;

function section(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length - MAX_LISTED;
  return [
    `${title}:`,
    ...items.slice(0, MAX_LISTED).map((item) => `  ${item}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}

/** @param complete the error of the last attempt, with its stack and causes */
function attemptLines(
  attempt: AttemptViewModel,
  complete: ErrorRecord | null,
  layout: TextLayout,
): string[] {
  const { number, status, queuedAt, startedAt, endedAt, exitCode, reason } = attempt;
  const times = [
    `queued ${formatTime(queuedAt)}`,
    ...(startedAt === undefined ? [] : [`started ${formatTime(startedAt)}`]),
    ...(startedAt === undefined || endedAt === undefined
      ? []
      : [`took ${formatDuration(endedAt - startedAt)}`]),
    ...(exitCode === undefined || exitCode === null ? [] : [`exit code ${exitCode}`]),
  ];
  const error = attempt.error === undefined ? undefined : (complete ?? attempt.error);
  const text = error === undefined ? reason : errorHeader(error);
  return [
    `attempt ${number} ${status}: ${times.join(', ')}`,
    ...(text === undefined ? [] : wrapWords(`  ${text}`, layout.columns, '    ')),
    ...(error === undefined ? [] : errorDetails(error, layout)),
  ];
}
