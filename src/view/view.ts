/**
 * The interface of views, which show the progress of a run.
 *
 * @module
 */
import type { StatusEvent } from '../ports/events.ts';
import type { ChildProgress } from './child-progress.ts';
import type { RunListItem, StepViewModel } from './view-models.ts';

export interface View {
  /** Shows the run, which was started or resumed. Its events may follow. */
  start(run: RunListItem): void;
  /**
   * Counts a step that existed before this process: it is no event.
   *
   * @param origin where its result is from, as in `originText`; null: it was executed
   */
  addExistingStep(step: StepViewModel, origin: string | null): void;
  /** @param origin where the result of the step is from, if a rerun took it over */
  event(event: StatusEvent, origin?: string | null): void;
  /** Shows how far the child run of a step is. Views without it show no progress of child runs. */
  childProgress?(call: number, progress: ChildProgress): void;
  /** Prints a line that is not redrawn. */
  printLine(text: string): void;
  /** Restores the terminal. No call follows. */
  stop(): void;
}

/** Shows nothing: for `--json` where stderr is no terminal. */
export const silentView: View = {
  start: doNothing,
  addExistingStep: doNothing,
  event: doNothing,
  printLine: doNothing,
  stop: doNothing,
};

function doNothing(): void {
  // Nothing is shown.
}

/** `iris#3`, the pipeline and the number of its run; with `addRunNumber: false`, `iris`. */
export const runLabel = ({ info }: Pick<RunListItem, 'info'>): string =>
  info.declaration?.addRunNumber === false ? info.pipeline : `${info.pipeline}#${info.number}`;
