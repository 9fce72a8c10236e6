/**
 * What a run waits for, and the command that sends it.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { StatusEvent } from '../ports/events.ts';
import { type HintTarget, hint } from './hints.ts';
import type { RunListItem } from './view-models.ts';

/** Which value the signal has is known to the pipeline only. */
export const awaitedSignalLine = (run: string, name: string, target?: HintTarget): string =>
  `waits for the signal ${name}; send it with: ${hint(target, 'runs', 'signal', run, name)}`;

/** The status of a run in a list: `running, waits for signal approve`. */
export function runStatusText({
  status,
  signals,
}: Pick<RunListItem['head'], 'status' | 'signals'>): string {
  const [name, ...others] = signals?.awaited ?? [];
  if (name === undefined) return status;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${status}, waits for signal ${name}${more}`;
}

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
