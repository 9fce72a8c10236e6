/**
 * The identity of a run's owner: an engine, and the process in which it runs.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { isProcessAlive, processIdentity } from '../jobs/process-identity.ts';

export interface RunOwner {
  readonly pid: number;
  /**
   * The start time of the process (see `process-identity.ts`), because the system reuses process
   * ids.
   */
  readonly startTime: string;
  /** Distinguishes two engines of one process. */
  readonly engineId: string;
}

/** Creates the identity of a new engine in this process. */
export function newRunOwner(): RunOwner {
  return {
    pid: process.pid,
    startTime: processIdentity(process.pid)?.startTime ?? 'unknown',
    engineId: randomUUID(),
  };
}

/** True if the owner's process still runs. */
export const isOwnerAlive = ({ pid, startTime }: RunOwner): boolean =>
  isProcessAlive({ pid, startTime });
