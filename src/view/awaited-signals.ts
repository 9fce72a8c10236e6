/**
 * What a run waits for, and the command that sends it.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { StatusEvent } from '../ports/events.ts';
import { type HintTarget, hint } from './hints.ts';

/** Which value the signal has is known to the pipeline only. */
export const awaitedSignalLine = (run: string, name: string, target?: HintTarget): string =>
  `waits for the signal ${name}; send it with: ${hint(target, 'runs', 'signal', run, name)}`;

/** The event as a line of the run, for views that do not know the target of commands. */
export const awaitedSignalEvent = (
  run: RunId,
  name: string,
  at: number,
  target?: HintTarget,
): StatusEvent => ({
  kind: 'log',
  run,
  level: 'info',
  text: awaitedSignalLine(run, name, target),
  at,
});
