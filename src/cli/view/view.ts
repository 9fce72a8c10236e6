/**
 * What shows a run while it moves.
 *
 * @module
 */
import type { StatusEvent } from '../../ports/events.ts';
import type { RunListItem, StepViewModel } from '../view-models.ts';

export interface View {
  /** The run began or goes on; events of it may follow. */
  start(run: RunListItem): void;
  /** A step that was there before: it counts, but it is no news. */
  addExistingStep(step: StepViewModel): void;
  event(event: StatusEvent): void;
  /** A line that stays. */
  printLine(text: string): void;
  /** Nothing more comes: the terminal is as it was. */
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
  // There is nobody to tell.
}

/** `iris#3`: the pipeline and the number of its run. */
export const runLabel = ({ info }: Pick<RunListItem, 'info'>): string =>
  `${info.pipeline}#${info.number}`;
