/**
 * Shows a run as plain lines, one for each change of a step, for pipes, log files and CI.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import { isTerminalStep } from '../model/step.ts';
import type { StatusEvent } from '../ports/events.ts';
import { childRunText } from './child-progress.ts';
import { formatDuration } from './format.ts';
import { Progress, type StepEvent } from './progress.ts';
import { shownStatus } from './step-origin.ts';
import { showControlsOnLine } from './terminal-text.ts';
import { runLabel, type View } from './view.ts';
import type { RunListItem, StepViewModel } from './view-models.ts';

export class PlainView implements View {
  readonly #write: (line: string) => void;
  readonly #progress = new Progress();
  #label = '';
  #run: RunId | undefined;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  start(run: RunListItem): void {
    this.#label = showControlsOnLine(runLabel(run));
    this.#run = run.info.id;
    this.#write(
      `${this.#label} run ${run.info.id} of project ${run.info.project}, version ${run.info.version}`,
    );
  }

  addExistingStep(step: StepViewModel, origin: string | null): void {
    if (this.#run === undefined) return;
    this.#progress.addExisting(this.#run, step, origin);
    if (shownStatus(step) === 'adopted') this.#adopted(step.name, origin);
  }

  event(event: StatusEvent, origin: string | null = null): void {
    if (this.#run !== undefined && event.run !== this.#run) return;
    if (event.kind === 'step') this.#step(event, origin);
    if (event.kind === 'log')
      this.#write(
        `${this.#label} ${event.level === 'info' ? '' : `${event.level}: `}${event.text}`,
      );
  }

  printLine(text: string): void {
    this.#write(text);
  }

  stop(): void {
    // Plain lines need no restoring.
  }

  #adopted(step: string, origin: string | null): void {
    this.#write(
      `${this.#label} ${showControlsOnLine(step)} adopted${origin === null ? '' : `: ${showControlsOnLine(origin)}`}`,
    );
  }

  #step(event: StepEvent, origin: string | null): void {
    const step = this.#progress.record(event, origin);
    if (step.shownStatus === 'adopted') return this.#adopted(event.step, origin);
    if (event.status === 'pending' && event.previous === null) return; // A new call is no change.
    const duration =
      step.startedAt !== undefined && step.endedAt !== undefined
        ? ` in ${formatDuration(step.endedAt - step.startedAt)}`
        : '';
    const attempt =
      event.attempt > 1 && !isTerminalStep(event.status) ? ` (attempt ${event.attempt})` : '';
    const child =
      event.childRun === undefined || event.status !== 'running'
        ? ''
        : ` (${showControlsOnLine(childRunText(event.childRun, undefined))} ${event.childRun.run})`;
    const reason =
      event.reason === undefined || !isTerminalStep(event.status)
        ? ''
        : `: ${event.reason.split('\n', 1)[0]}`;
    if (event.retryAt !== undefined) {
      const pause = formatDuration(Math.max(0, event.retryAt - event.at));
      this.#write(
        `${this.#label} ${showControlsOnLine(event.step)} is tried again in ${pause}: ${(event.reason ?? 'it failed').split('\n', 1)[0]}`,
      );
      return;
    }
    this.#write(
      `${this.#label} ${showControlsOnLine(event.step)} ${step.shownStatus}${attempt}${duration}${child}${reason}`,
    );
  }
}
