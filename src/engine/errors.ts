/**
 * What a caller of the engine can act on.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';

export class RunOwnedError extends HeadraceError {
  constructor(
    readonly run: RunId,
    readonly pid: number,
  ) {
    super(`run ${run} is being moved by process ${pid}: wait for it, or abort it with \`headrace runs abort ${run}\``);
  }
}
