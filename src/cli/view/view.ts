/**
 * What shows a run while it moves.
 *
 * @module
 */
import type { Run } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { StatusEvent } from '../../ports/events.ts';

export interface View {
  /** The run began or goes on; events of it may follow. */
  begin(run: Run): void;
  /** A step that was there before: it counts, but it is no news. */
  known(step: Step): void;
  event(event: StatusEvent): void;
  /** A line that stays. */
  line(text: string): void;
  /** Nothing more comes: the terminal is as it was. */
  end(): void;
}

/** Shows nothing: for `--json` where stderr is no terminal. */
export const silentView: View = { begin: nothing, known: nothing, event: nothing, line: nothing, end: nothing };

function nothing(): void {
  // There is nobody to tell.
}

/** `iris#3`: the pipeline and the number of its run. */
export const runLabel = ({ info }: Run): string => `${info.pipeline}#${info.number}`;
