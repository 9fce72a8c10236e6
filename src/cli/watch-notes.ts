/**
 * What commands that watch a run print when they stop before the run is finished.
 *
 * @module
 */
import { type HintTarget, hint } from '../view/hints.ts';

/** After Ctrl-C: another process executes the run. */
export const interruptedWatchNote = (run: string, target?: HintTarget): string =>
  `interrupted: the run continues without this command; watch it again with: ${hint(target, 'runs', 'watch', run)}, stop it with: ${hint(target, 'runs', 'abort', run)}`;

/** The process that executed the run has exited, or was interrupted. */
export const abandonedNote = (run: string, target?: HintTarget): string =>
  `no process executes run ${run} any more: continue it with: ${hint(target, 'runs', 'resume', run)}`;
