/**
 * The port of liveness: whether a process still moves a run. In AWS, each process that receives a
 * run's messages moves it; on a laptop, the process that owns it.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';

export interface Liveness {
  /** False only if it is certain that no process moves the run until it is resumed. */
  isAlive(run: RunId): Promise<boolean>;
}
