/**
 * The port of the removal of runs.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';

export interface Removal {
  /**
   * Starts the removal: from now on, no other run may share the run's values. If another run
   * already shares them, the objects must stay. May be repeated. A missing run is not shared.
   */
  startRemoval(id: RunId): Promise<{ readonly shared: boolean }>;
  /** Whether a removal of the run was started, and the run still exists. */
  isBeingRemoved(id: RunId): Promise<boolean>;
  /**
   * Removes the records of a terminal run: when this returns, no call of `Tasks` or `RunQueries`
   * finds it. The numbers of other runs stay, and neither the number nor the id is used again. A
   * missing run is not an error.
   */
  remove(id: RunId): Promise<void>;
}

/** The run existed, and was removed. */
export class RunRemovedError extends HeadraceError {
  constructor(readonly run: RunId) {
    super(`run ${run} was removed`);
  }
}
