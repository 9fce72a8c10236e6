/**
 * The view of a run that a program starts. It writes to stderr, because stdout belongs to the
 * program.
 *
 * @module
 */
import type { Output } from '../view/output.ts';
import { PlainView } from '../view/plain-view.ts';
import type { View } from '../view/view.ts';
import { createView } from './run-locally.ts';

/** Runs that this program has started and that have not ended. */
let activeRuns = 0;

/**
 * Passes a view to `run`. Plain if another run is active: two live views on one terminal would
 * overwrite each other.
 */
export async function withProgramView<T>(
  output: Output,
  run: (view: View) => Promise<T>,
): Promise<T> {
  activeRuns += 1;
  try {
    return await run(activeRuns > 1 ? new PlainView(output.note) : createView('stderr', output));
  } finally {
    activeRuns -= 1;
  }
}
