/**
 * The port to the removal of runs.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';

export interface Removal {
  /**
   * Begins the removal: no other run may share the run's values from now on. The answer tells whether one does already: then its objects have to stay.
   * May be repeated. A run that is not there is shared with nobody.
   */
  startRemoval(id: RunId): Promise<{ readonly shared: boolean }>;
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
