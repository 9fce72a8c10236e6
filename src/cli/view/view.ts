/**
 * What shows a run while it moves.
 *
 * @module
 */
import type { StatusEvent } from '../../ports/events.ts';
import type { ListedRun, ShownStep } from '../shown.ts';

export interface View {
  /** The run began or goes on; events of it may follow. */
  begin(run: ListedRun): void;
  /** A step that was there before: it counts, but it is no news. */
  known(step: ShownStep): void;
  event(event: StatusEvent): void;
  /** A line that stays. */
  line(text: string): void;
  /** Nothing more comes: the terminal is as it was. */
  end(): void;
}

/** Shows nothing: for `--json` where stderr is no terminal. */
export const silentView: View = {
  begin: nothing,
  known: nothing,
  event: nothing,
  line: nothing,
  end: nothing,
};

function nothing(): void {
  // There is nobody to tell.
}

/** `iris#3`: the pipeline and the number of its run. */
export const runLabel = ({ info }: Pick<ListedRun, 'info'>): string =>
  `${info.pipeline}#${info.number}`;
