/**
 * The port to the removal of runs.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';

export interface Removal {
  /**
   * Removes the records of a run that is over: no call of `Tasks` or `RunQueries` finds it any more when this returns. The numbers of other runs stay, and
   * neither the number nor the id comes again. A run that is not there, or was removed, is no error.
   */
  remove(id: RunId): Promise<void>;
}

/** The run was there, and was removed. */
export class RunRemovedError extends HeadraceError {
  constructor(readonly run: RunId) {
    super(`run ${run} was removed`);
  }
}
