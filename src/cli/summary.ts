/**
 * A run for people, as it is now: its steps, its result or error, and what one may do next.
 *
 * @module
 */
import { isTerminalRun } from '../model/run.ts';
import { type StepStatus, isTerminalStep as stepEnded } from '../model/step.ts';
import type { Liveness } from '../ports/liveness.ts';
import { clip, count, formatDuration, formatSize, formatTable } from './format.ts';
import type { Colors } from './output.ts';
import { type ReportSource, readableValue, stepPages } from './report.ts';
import type { ListedRun, ShownRun, ShownStep } from './shown.ts';
import { paintStatus, symbolOf } from './view/paint.ts';
import { runLabel } from './view/view.ts';

/** Up to so many steps are shown one by one, more by component. */
const MAX_STEPS = 40;
const MAX_FAILURES = 10;
const MAX_RESULT = 4000;

interface ComponentSum {
  readonly component: string;
  readonly counts: Map<StepStatus, number>;
  milliseconds: number;
}

interface Overview {
  readonly first: readonly ShownStep[];
  readonly total: number;
  readonly components: readonly ComponentSum[];
  readonly failed: readonly ShownStep[];
}

/** The lines of a run that ended, or that is on its way; `owners` tell whether a process still moves it. */
export async function summarise(
  source: ReportSource & { readonly owners?: Liveness },
  run: ShownRun,
  colors: Colors,
): Promise<string[]> {
  const { head, info } = run;
  const overview = await look(source, run);
  const took =
    head.startedAt === null || head.endedAt === null
      ? ''
      : ` in ${formatDuration(head.endedAt - head.startedAt)}`;
  const lines = [
    ...(overview.total <= MAX_STEPS
      ? stepTable(overview.first, colors)
      : componentTable(overview, colors)),
    '',
    `${colors.bold(runLabel(run))} ${paintStatus(head.status, head.status, colors)}${took} ${colors.dim(`(${info.id}, ${count(overview.total, 'step')})`)}`,
  ];
  for (const { name, type, size } of head.artifacts)
    lines.push(`artifact ${name} (${type}, ${formatSize(size)})`);
  for (const { name, size } of head.models) lines.push(`model ${name} (${formatSize(size)})`);
  for (const thrown of head.callbackErrors)
    lines.push(colors.yellow(`a callback threw: ${clip(thrown, 300)}`));
  if (head.result !== null) lines.push(`result: ${await resultText(source, run)}`);
  if (head.error !== null)
    lines.push(colors.red(`error: ${head.error.name}: ${head.error.message}`));
  return [...lines, ...failureLines(overview, run), ...(await nextLines(run, source.owners))];
}

async function look(source: ReportSource, run: ShownRun): Promise<Overview> {
  const first: ShownStep[] = [];
  const failed: ShownStep[] = [];
  const components = new Map<string, ComponentSum>();
  let total = 0;
  for await (const page of stepPages(source.queries, run.info.id)) {
    for (const step of page) {
      if (total++ < MAX_STEPS) first.push(step);
      if (step.status === 'failed' && failed.length <= MAX_FAILURES) failed.push(step);
      const sum = components.get(step.component) ?? {
        component: step.component,
        counts: new Map<StepStatus, number>(),
        milliseconds: 0,
      };
      components.set(step.component, sum);
      sum.counts.set(step.status, (sum.counts.get(step.status) ?? 0) + 1);
      sum.milliseconds += duration(step) ?? 0;
    }
  }
  return { first, total, components: [...components.values()], failed };
}

/** How long the last attempt took. */
function duration(step: ShownStep): number | undefined {
  const attempt = step.attempts.at(-1);
  return attempt?.startedAt === undefined || attempt.endedAt === undefined
    ? undefined
    : attempt.endedAt - attempt.startedAt;
}

function stepTable(steps: readonly ShownStep[], colors: Colors): string[] {
  if (steps.length === 0) return [colors.dim('no steps')];
  return formatTable(
    steps,
    [
      {
        title: 'step',
        value: (step) => `${symbolOf(step.status)} ${step.name}`,
        paint: (text, step) => paintStatus(text, step.status, colors),
      },
      {
        title: 'status',
        value: (step) => step.status,
        paint: (text, step) => paintStatus(text, step.status, colors),
      },
      { title: 'attempts', value: (step) => String(step.attempts.length) },
      { title: 'took', value: (step) => formatMaybe(duration(step)) },
      { title: '', value: remark, paint: colors.dim },
    ],
    colors.dim,
  );
}

const formatMaybe = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? '–' : formatDuration(milliseconds);

function remark(step: ShownStep): string {
  if (step.cachedFrom !== null) return `from ${step.cachedFrom.step} of run ${step.cachedFrom.run}`;
  if (step.status === 'failed' || step.status === 'aborted')
    return clip(step.attempts.at(-1)?.reason ?? step.error?.message ?? '', 100);
  return stepEnded(step.status) || step.waitingFor === 'none' ? '' : `waits for ${step.waitingFor}`;
}

function componentTable({ components }: Overview, colors: Colors): string[] {
  const statuses = (
    [
      'completed',
      'cached',
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
        value: (each: ComponentSum) => String(each.counts.get(status) ?? 0),
        paint: (text: string, each: ComponentSum) =>
          each.counts.has(status) ? paintStatus(text, status, colors) : colors.dim(text),
      })),
      { title: 'took in all', value: (each) => formatDuration(each.milliseconds) },
    ],
    colors.dim,
  );
}

async function resultText(source: ReportSource, { head }: ShownRun): Promise<string> {
  const text =
    head.result === null
      ? ''
      : JSON.stringify(await readableValue(head.result, source.objects), undefined, 2);
  return text.length <= MAX_RESULT
    ? text
    : `${text.slice(0, MAX_RESULT)}… (${formatSize(text.length)}; all of it with --json)`;
}

function failureLines({ failed }: Overview, { info }: ShownRun): string[] {
  const lines = failed.slice(0, MAX_FAILURES).map((step) => {
    const reason = step.attempts.at(-1)?.reason ?? step.error?.message ?? 'no reason is known';
    return `step ${step.name} failed: ${clip(reason, 300)}`;
  });
  if (failed.length > MAX_FAILURES) lines.push('and more failed steps');
  const [only] = failed;
  if (only !== undefined && only.attempts.length > 0)
    lines.push(`its log: headrace runs logs ${info.id} --step ${quoted(only.name)}`);
  return lines;
}

async function nextLines(run: ShownRun, owners: Liveness | undefined): Promise<string[]> {
  const { info, head } = run;
  if (head.status === 'failed' || head.status === 'aborted')
    return [`go on with it: headrace runs resume ${info.id}`];
  return owners !== undefined && (await isAbandoned(run, owners)) ? [abandonedLine(run)] : [];
}

/** Whether the run has not ended, and the process that moved it has. */
export const isAbandoned = async ({ info, head }: ListedRun, owners: Liveness): Promise<boolean> =>
  !isTerminalRun(head.status) && !(await owners.isAlive(info.id));

export const abandonedLine = ({ info, head }: ListedRun): string =>
  `run ${info.id} is ${head.status}, but its engine is gone; go on with it: headrace runs resume ${info.id}`;

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\p{L}\p{N}_./:-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
