/**
 * The view of a command that shows a run until it is finished.
 *
 * With `json`, stdout has exactly one document, so the run is shown on stderr.
 *
 * @module
 */
import { createView } from '../launch/run-locally.ts';
import { type FollowedLine, followedText } from '../launch/watch/log-follower.ts';
import type { Output } from '../view/output.ts';
import { silentView, type View } from '../view/view.ts';
import type { FollowOption, JsonOption } from './option-types.ts';

export interface ViewOptions {
  /** Print the run's document at the end. */
  readonly json: boolean;
  /** Print the output of steps while they run. */
  readonly follow?: boolean | undefined;
}

export const viewOptions = ({ json, follow }: JsonOption & FollowOption): ViewOptions => ({
  json: json === true,
  follow,
});

export interface CommandView {
  readonly view: View;
  /** Prints lines of a step's output. Absent: it is not followed. */
  readonly follow: ((lines: readonly FollowedLine[]) => void) | undefined;
}

export function createCommandView({ json, follow }: ViewOptions, output: Output): CommandView {
  const view = !json
    ? createView('stdout', output)
    : output.errIsTerminal
      ? createView('stderr', output)
      : silentView;
  const print = view === silentView ? output.note : (line: string) => view.printLine(line);
  return {
    view,
    follow:
      follow === true
        ? (lines) => {
            for (const line of lines) print(followedText(line));
          }
        : undefined,
  };
}
