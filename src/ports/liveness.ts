/**
 * The port to whether anybody still moves a run. In AWS every run is moved by whoever gets its messages; on a laptop by the process that owns it.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';

export interface Liveness {
  /** False only if it is certain that nothing moves the run until somebody resumes it. */
  isAlive(run: RunId): Promise<boolean>;
}
