/**
 * Describes the current state of a run as text: its steps, its result or error, and the next
 * command to use.
 *
 * @module
 */
import * as evaluatorErrors from '../evaluator/errors.ts';
import { stepBehind } from '../model/errors.ts';
import { docsOf } from '../model/headrace-error.ts';
import type { RunId } from '../model/ids.ts';
import type { RunStatus } from '../model/run.ts';
import { isSuccess, isTerminalStep } from '../model/step.ts';
import { truncate } from '../model/truncate.ts';
import { usedModelText } from '../model/use-model.ts';
import type { Liveness } from '../ports/liveness.ts';
import * as sdkErrors from '../sdk/errors.ts';
import * as replayErrors from '../sdk/replay/errors.ts';
import { NotInLogicError } from '../sdk/replay/unavailable-globals.ts';
import { awaitedSignalLine } from './awaited-signals.ts';
import { CallLabels } from './call-labels.ts';
import { type ChildProgress, childRunText } from './child-progress.ts';
import { errorDetails, errorHeader, type TextLayout } from './error-text.ts';
import {
  clip,
  formatCount,
  formatDuration,
  formatSize,
  formatTable,
  formatTime,
} from './format.ts';
import { type HintTarget, hint } from './hints.ts';
import { nextActionLines } from './next-action.ts';
import type { Colors } from './output.ts';
import { type ComponentResults, metricsHint, publishHint } from './result-hints.ts';
import { type ReportSource, readableValue, stepPages } from './run-report.ts';
import { paintStatus, statusSymbol } from './status-style.ts';
import { originText, type ShownStatus, shownStatus } from './step-origin.ts';
import { runLabel } from './view.ts';
import type { RunViewModel, StepViewModel } from './view-models.ts';
import { waitingText } from './waiting-text.ts';
import { wrapWords } from './wrap.ts';

/** A run with more steps is shown by component instead of by step. */
const MAX_LISTED_STEPS = 40;
const MAX_LISTED_FAILURES = 10;
/** Of the artifacts of the run itself, and of its models. */
const MAX_LISTED_OUTPUTS = 20;
const MAX_RESULT_LENGTH = 4000;
const MAX_REASON_LENGTH = 2000;

/** Names of the errors of Headrace that end a run. A record has only the name of its error. */
const RUN_ERRORS: ReadonlySet<string> = new Set(
  Object.values({ ...sdkErrors, ...evaluatorErrors, ...replayErrors, NotInLogicError }).map(
    ({ prototype }) => prototype.name,
  ),
);

interface ComponentTotals {
  readonly component: string;
  readonly counts: Map<ShownStatus, number>;
  durationMs: number;
  results: ComponentResults | undefined;
}

interface Overview {
  readonly firstSteps: readonly StepViewModel[];
  /** Where the first steps have their results from, unless they were executed. */
  readonly origins: ReadonlyMap<StepViewModel, string>;
  /** Why steps wait. */
  readonly waitingTexts: ReadonlyMap<StepViewModel, string>;
  /** Of the first steps that are child runs and not finished. */
  readonly childProgress: ReadonlyMap<StepViewModel, ChildProgress>;
  readonly stepCount: number;
  readonly components: readonly ComponentTotals[];
  readonly failedSteps: readonly StepViewModel[];
  /** The first step with a model. */
  readonly modelStep: StepViewModel | undefined;
}

/**
 * The lines for a run in any status. With `owners`, an abandoned run is recognised. `columns` is
 * the width of the terminal, if there is one.
 */
export async function summarise(
  source: ReportSource & { readonly owners?: Liveness },
  run: RunViewModel,
  colors: Colors,
  columns?: number,
): Promise<string[]> {
  const { head, info } = run;
  const overview = await loadOverview(source, run);
  const duration =
    head.startedAt === null || head.endedAt === null
      ? ''
      : ` in ${formatDuration(head.endedAt - head.startedAt)}`;
  const lines = [
    ...(overview.stepCount <= MAX_LISTED_STEPS
      ? stepTable(overview, colors, columns)
      : componentTable(overview, colors)),
    '',
    `${colors.bold(runLabel(run))} ${paintStatus(head.status, head.status, colors)}${duration} ${colors.dim(`(${info.id}, ${formatCount(overview.stepCount, 'step')})`)}`,
  ];
  lines.push(...(await outputLines(source, info.id, head.status, overview)));
  for (const thrown of head.callbackErrors)
    lines.push(colors.yellow(`a callback threw: ${clip(thrown, 300)}`));
  if (head.result !== null) lines.push(`result: ${await resultText(source, run)}`);
  const layout = { colors, columns };
  return [
    ...lines,
    ...(head.signals?.awaited ?? []).map((name) =>
      awaitedSignalLine(info.id, name, source.hintTarget),
    ),
    ...runErrorLines(run, layout),
    ...failureLines(overview, run, layout, source.hintTarget),
    ...(await nextActionLines(run, overview.failedSteps, source.owners, source.hintTarget)),
  ];
}

async function loadOverview(source: ReportSource, run: RunViewModel): Promise<Overview> {
  const firstSteps: StepViewModel[] = [];
  const failedSteps: StepViewModel[] = [];
  const origins = new Map<StepViewModel, string>();
  const waitingTexts = new Map<StepViewModel, string>();
  const childProgress = new Map<StepViewModel, ChildProgress>();
  const waits = source.limitWaits?.();
  const components = new Map<string, ComponentTotals>();
  let modelStep: StepViewModel | undefined;
  let stepCount = 0;
  for await (const page of stepPages(source.queries, run.info.id)) {
    for (const step of page) {
      if (stepCount++ < MAX_LISTED_STEPS) {
        firstSteps.push(step);
        const origin = await originText(source.reported, step);
        if (origin !== null) origins.set(step, origin);
        const waiting = await waitingText(waits, run.info.id, step);
        if (waiting !== null) waitingTexts.set(step, waiting);
        const progress = await progressOfChild(source, step);
        if (progress !== undefined) childProgress.set(step, progress);
      }
      if (step.status === 'failed' && failedSteps.length <= MAX_LISTED_FAILURES)
        failedSteps.push(step);
      const totals = components.get(step.component) ?? {
        component: step.component,
        counts: new Map<ShownStatus, number>(),
        durationMs: 0,
        results: undefined,
      };
      components.set(step.component, totals);
      const status = shownStatus(step);
      totals.counts.set(status, (totals.counts.get(status) ?? 0) + 1);
      totals.durationMs += lastAttemptDurationMs(step) ?? 0;
      if (!isSuccess(step.status)) continue;
      if (step.models.length > 0) modelStep ??= step;
      totals.results = {
        component: step.component,
        count: (totals.results?.count ?? 0) + 1,
        last: step,
      };
    }
  }
  return {
    firstSteps,
    origins,
    waitingTexts,
    childProgress,
    stepCount,
    components: [...components.values()],
    failedSteps,
    modelStep,
  };
}

/** The duration of the last attempt; undefined unless it is complete. */
function lastAttemptDurationMs(step: StepViewModel): number | undefined {
  const attempt = step.attempts.at(-1);
  return attempt?.startedAt === undefined || attempt.endedAt === undefined
    ? undefined
    : attempt.endedAt - attempt.startedAt;
}

function stepTable(
  { firstSteps: steps, origins, waitingTexts, childProgress }: Overview,
  colors: Colors,
  columns: number | undefined,
): string[] {
  if (steps.length === 0) return [colors.dim('no steps')];
  const labels = new CallLabels(steps.map(toLabelled));
  return formatTable(
    steps,
    [
      {
        title: 'step',
        value: (step) =>
          `${statusSymbol(step.status)} ${step.name}${labels.labelOf(toLabelled(step))}`,
        paint: (text, step) => paintStatus(text, shownStatus(step), colors),
      },
      {
        title: 'status',
        value: shownStatus,
        paint: (text, step) => paintStatus(text, shownStatus(step), colors),
      },
      { title: 'attempts', value: (step) => String(step.attempts.length) },
      { title: 'took', value: (step) => formatOptionalDuration(lastAttemptDurationMs(step)) },
      {
        title: '',
        value: (step) =>
          childRunLabel(step, childProgress.get(step)) +
          (origins.get(step) ?? remark(step, waitingTexts.get(step))),
        paint: colors.dim,
      },
    ],
    colors.dim,
    columns,
  );
}

/** `evaluate#3, 3 of 8 steps (01k…) ` for a step that is a child run. */
const childRunLabel = ({ childRun }: StepViewModel, progress: ChildProgress | undefined): string =>
  childRun === undefined ? '' : `${childRunText(childRun, progress)} (${childRun.run}) `;

/** Only while the child run is active: the status of its step is known otherwise. */
const progressOfChild = async (
  { childProgress }: ReportSource,
  { childRun, status }: StepViewModel,
): Promise<ChildProgress | undefined> =>
  childRun === undefined || isTerminalStep(status) ? undefined : childProgress?.(childRun.run);

const toLabelled = ({ component, arguments: previews }: StepViewModel) => ({
  component,
  arguments: previews ?? [],
});

const formatOptionalDuration = (durationMs: number | undefined): string =>
  durationMs === undefined ? '–' : formatDuration(durationMs);

function remark(step: StepViewModel, waiting: string | undefined): string {
  if (step.usedModel !== undefined) return usedModelText(step.usedModel);
  if (step.status === 'failed' || step.status === 'aborted')
    return step.attempts.at(-1)?.reason ?? step.error?.message ?? '';
  if (waiting !== undefined) return waiting;
  if (step.waitingFor === 'backoff' && step.retryAt !== undefined)
    return `retry at ${formatTime(step.retryAt)}: ${step.attempts.at(-1)?.reason ?? ''}`;
  return isTerminalStep(step.status) || step.waitingFor === 'none'
    ? ''
    : `waits for ${step.waitingFor}`;
}

function componentTable({ components }: Overview, colors: Colors): string[] {
  const statuses = (
    [
      'completed',
      'cached',
      'adopted',
      'failed',
      'aborted',
      'skipped',
      'running',
      'queued',
      'pending',
      'superseded',
    ] as const
  ).filter((status) => components.some((each) => each.counts.has(status)));
  return formatTable(
    components,
    [
      { title: 'component', value: (each) => each.component },
      ...statuses.map((status) => ({
        title: status,
        value: (each: ComponentTotals) => String(each.counts.get(status) ?? 0),
        paint: (text: string, each: ComponentTotals) =>
          each.counts.has(status) ? paintStatus(text, status, colors) : colors.dim(text),
      })),
      { title: 'took in all', value: (each) => formatDuration(each.durationMs) },
    ],
    colors.dim,
  );
}

async function resultText(source: ReportSource, { head }: RunViewModel): Promise<string> {
  const text =
    head.result === null
      ? ''
      : JSON.stringify(await readableValue(head.result, source.objects), undefined, 2);
  return text.length <= MAX_RESULT_LENGTH
    ? text
    : `${text.slice(0, MAX_RESULT_LENGTH)}… (${formatSize(text.length)}; all of it with --json)`;
}

/** One paragraph for each error that steps failed with: a fan-out often fails with one error. */
function failureLines(
  { failedSteps }: Overview,
  { info }: RunViewModel,
  layout: TextLayout,
  target: HintTarget | undefined,
): string[] {
  const byError = new Map<string, StepViewModel[]>();
  for (const step of failedSteps.slice(0, MAX_LISTED_FAILURES)) {
    const error = step.error;
    const key = JSON.stringify([
      error === null ? reasonOf(step) : errorHeader(error),
      error?.location,
    ]);
    byError.set(key, [...(byError.get(key) ?? []), step]);
  }
  const lines: string[] = [];
  for (const steps of byError.values()) {
    const [first] = steps;
    if (first === undefined) continue;
    const names = steps.map((step) => step.name);
    lines.push(
      ...wrapWords(
        `${names.length === 1 ? 'step' : 'steps'} ${names.join(', ')} failed: ${reasonOf(first)}`,
        layout.columns,
        '  ',
      ),
      ...(first.error === null ? [] : errorDetails(first.error, layout)),
    );
  }
  if (failedSteps.length > MAX_LISTED_FAILURES) lines.push('and more failed steps');
  const [firstFailed] = failedSteps;
  if (firstFailed?.childRun !== undefined)
    lines.push(`its run: ${hint(target, 'runs', 'show', firstFailed.childRun.run)}`);
  else if (firstFailed !== undefined && firstFailed.attempts.length > 0)
    lines.push(`its log: ${hint(target, 'runs', 'logs', info.id, '--step', firstFailed.name)}`);
  return lines;
}

/** The reason of the failure, complete: it is wrapped, not cut. */
const reasonOf = ({ error, attempts }: StepViewModel): string =>
  truncate(
    attempts.at(-1)?.reason ?? (error === null ? 'no reason is known' : errorHeader(error)),
    MAX_REASON_LENGTH,
  );

/** The error of the run. The error of a step is shown with the step. */
function runErrorLines({ head }: RunViewModel, layout: TextLayout): string[] {
  const { error } = head;
  if (error === null) return [];
  return [
    ...wrapWords(`error: ${errorHeader(error)}`, layout.columns, '  ').map(layout.colors.red),
    ...(stepBehind(error) === undefined ? errorDetails(error, layout) : []),
    ...(RUN_ERRORS.has(error.name) ? [layout.colors.dim(`see ${docsOf(error.name)}`)] : []),
  ];
}

/** The artifacts and models of the run itself, and the commands that use results. */
async function outputLines(
  source: ReportSource,
  run: RunId,
  status: RunStatus,
  overview: Overview,
): Promise<string[]> {
  const { queries, hintTarget } = source;
  const page = { limit: MAX_LISTED_OUTPUTS + 1 };
  const artifacts = await queries.runArtifacts(run, page);
  const models = await queries.runModels(run, page);
  const listed = [
    ...artifacts
      .slice(0, MAX_LISTED_OUTPUTS)
      .map(({ name, type, size }) => `artifact ${name} (${type}, ${formatSize(size)})`),
    ...models
      .slice(0, MAX_LISTED_OUTPUTS)
      .map(({ name, size }) => `model ${name} (${formatSize(size)})`),
  ];
  if (status === 'completed') {
    const results = overview.components.flatMap(({ results }) => results ?? []);
    listed.push(
      ...[
        await metricsHint(source, run, results),
        publishHint(hintTarget, run, models[0], overview.modelStep),
      ].flatMap((line) => line ?? []),
    );
  }
  return Math.min(artifacts.length, MAX_LISTED_OUTPUTS) +
    Math.min(models.length, MAX_LISTED_OUTPUTS) <
    artifacts.length + models.length
    ? [...listed, `more artifacts and models: ${hint(hintTarget, 'artifacts', 'list', run)}`]
    : listed;
}
