/**
 * Shows a run on a terminal as a few lines that are redrawn in place: by step while the steps fit,
 * else by component.
 *
 * @module
 */
import { createLogUpdate } from 'log-update';
import { isTerminalStep, type StepStatus } from '../model/step.ts';
import type { StatusEvent } from '../ports/events.ts';
import { type ChildProgress, childRunText } from './child-progress.ts';
import { clip, formatCount, formatDuration } from './format.ts';
import type { Colors } from './output.ts';
import { type ComponentProgress, Progress, type StepProgress } from './progress.ts';
import { paintStatus, statusSymbol } from './status-style.ts';
import { renderColors, showControls, showControlsOnLine } from './terminal-text.ts';
import { runLabel, type View } from './view.ts';
import type { RunListItem, StepViewModel } from './view-models.ts';
import { clipWords } from './wrap.ts';

const REDRAW_INTERVAL_MS = 100;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
/** Lines for the header, the footer and the prompt. */
const RESERVED_LINES = 4;

export interface Terminal {
  readonly stream: NodeJS.WritableStream;
  readonly colors: Colors;
  /** Columns and rows. Each redraw reads them, because terminals are resized. */
  size(): { readonly columns: number; readonly rows: number };
}

export class LiveView implements View {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #progress = new Progress();
  #run: RunListItem | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal, now: () => number = Date.now) {
    this.#terminal = terminal;
    this.#now = now;
    this.#update = createLogUpdate(terminal.stream);
  }

  start(run: RunListItem): void {
    this.#run = run;
    this.#timer = setInterval(() => this.#draw(), REDRAW_INTERVAL_MS).unref();
    this.#draw();
  }

  addExistingStep(step: StepViewModel, origin: string | null): void {
    if (this.#run !== undefined) this.#progress.addExisting(this.#run.info.id, step, origin);
  }

  event(event: StatusEvent, origin: string | null = null): void {
    if (this.#run !== undefined && event.run !== this.#run.info.id) return;
    if (event.kind === 'step') this.#progress.record(event, origin);
    if (event.kind === 'log')
      this.printLine(event.level === 'info' ? event.text : `${event.level}: ${event.text}`);
  }

  childProgress(call: number, progress: ChildProgress): void {
    this.#progress.recordChild(call, progress);
  }

  printLine(text: string): void {
    this.#update.persist(renderColors(showControls(text)));
    this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#update.clear();
    this.#update.done();
  }

  #draw(): void {
    if (this.#run === undefined || this.#timer === undefined) return;
    const lines = drawRun(
      this.#run,
      this.#progress,
      this.#now(),
      this.#terminal.size(),
      this.#terminal.colors,
    );
    this.#update(renderColors(lines.map(showControlsOnLine).join('\n')));
  }
}

/** The lines of a run at the time `now`, at most as many as fit on the terminal. */
export function drawRun(
  run: RunListItem,
  progress: Progress,
  now: number,
  size: { readonly columns: number; readonly rows: number },
  colors: Colors,
): string[] {
  const maxRows = Math.max(3, size.rows - RESERVED_LINES);
  const frame = FRAMES[Math.floor(now / REDRAW_INTERVAL_MS) % FRAMES.length] ?? FRAMES[0];
  const rows =
    progress.total <= maxRows
      ? stepRows(progress, now, frame, size.columns, colors)
      : componentRows(progress, maxRows, frame, size.columns, colors);
  const elapsed = formatDuration(now - (run.head.startedAt ?? run.info.createdAt));
  return [
    `${colors.bold(runLabel(run))} ${colors.dim(run.info.id)}`,
    ...rows,
    clip(
      `${progress.terminalCount}/${formatCount(progress.total, 'step')} finished${statusTally(progress)} · ${elapsed}`,
      size.columns,
    ),
  ];
}

function statusTally(progress: Progress): string {
  const parts: [number, string][] = [
    [progress.count('running'), 'running'],
    [progress.count('queued'), 'queued'],
    [progress.count('cached'), 'cached'],
    [progress.count('failed'), 'failed'],
    [progress.count('skipped'), 'skipped'],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, status]) => ` · ${number} ${status}`)
    .join('');
}

function stepRows(
  progress: Progress,
  now: number,
  frame: string,
  columns: number,
  colors: Colors,
): string[] {
  const steps = [...progress.steps];
  const width = nameColumnWidth(
    steps.map((step) => showControlsOnLine(progress.labelOf(step))),
    columns,
  );
  return steps.map((step) =>
    stepRow(step, progress.labelOf(step), now, frame, width, columns, colors),
  );
}

/** The width of a column of names: the longest name, but at most half of the line. */
const nameColumnWidth = (names: readonly string[], columns: number): number =>
  Math.min(
    Math.floor(columns / 2),
    names.reduce((width, name) => Math.max(width, name.length), 0),
  );

function stepRow(
  step: StepProgress,
  label: string,
  now: number,
  frame: string,
  width: number,
  columns: number,
  colors: Colors,
): string {
  const mark = step.status === 'running' ? frame : statusSymbol(step.status);
  const duration =
    step.startedAt === undefined ? '' : formatDuration((step.endedAt ?? now) - step.startedAt);
  const attempt = step.attempt > 1 ? ` attempt ${step.attempt}` : '';
  const detail = step.origin ?? step.reason;
  const reason = isTerminalStep(step.status) && detail != null ? `: ${showControls(detail)}` : '';
  const { childRun, childProgress } = step;
  const child = childRun === undefined ? '' : ` (${childRunText(childRun, childProgress)})`;
  const state =
    step.retryAt === undefined
      ? `${step.shownStatus}${attempt} ${duration}${showControlsOnLine(child)}${reason}`
      : `retry in ${formatDuration(step.retryAt - now)}: ${showControls(step.reason ?? 'it failed')}`;
  const tail = clipWords(state, columns - width - 5);
  return `${paintStatus(mark, step.shownStatus, colors)} ${clip(showControlsOnLine(label), width).padEnd(width)}  ${paintStatus(tail, step.shownStatus, colors)}`;
}

/** One row a component. If not all fit, components with unfinished steps are first. */
function componentRows(
  progress: Progress,
  maxRows: number,
  frame: string,
  columns: number,
  colors: Colors,
): string[] {
  const components = progress.components;
  const isActive = (each: ComponentProgress) => countOf(each, 'pending', 'queued', 'running') > 0;
  const visible =
    components.length <= maxRows
      ? components
      : [...components.filter(isActive), ...components.filter((each) => !isActive(each))].slice(
          0,
          maxRows - 1,
        );
  const width = nameColumnWidth(
    visible.map((each) => showControlsOnLine(each.component)),
    columns,
  );
  const rows = visible.map((each) => {
    const failed = countOf(each, 'failed');
    const running = countOf(each, 'running');
    const terminalCount = each.steps - countOf(each, 'pending', 'queued', 'running');
    const status =
      failed > 0
        ? 'failed'
        : running > 0
          ? 'running'
          : terminalCount < each.steps
            ? 'pending'
            : 'completed';
    const tail = `${terminalCount}/${each.steps}${running > 0 ? `, ${running} running` : ''}${failed > 0 ? `, ${failed} failed` : ''}`;
    const mark = status === 'running' ? frame : statusSymbol(status);
    return `${paintStatus(mark, status, colors)} ${clip(showControlsOnLine(each.component), width).padEnd(width)}  ${clip(tail, columns - width - 5)}`;
  });
  return visible.length < components.length
    ? [
        ...rows,
        colors.dim(`… and ${formatCount(components.length - visible.length, 'more component')}`),
      ]
    : rows;
}

const countOf = (component: ComponentProgress, ...statuses: readonly StepStatus[]): number =>
  statuses.reduce((sum, status) => sum + (component.counts.get(status) ?? 0), 0);
