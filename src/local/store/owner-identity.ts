/**
 * Who owns a run: an engine, and the process that it lives in.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { processIdentity } from '../jobs/process-identity.ts';

export interface RunOwner {
  readonly pid: number;
  /** When the process started, as the system tells it: process ids are given again. */
  readonly startTime: string;
  /** Tells two engines of one process apart. */
  readonly engineId: string;
}

/** A new engine of this process. */
export function newRunOwner(): RunOwner {
  return {
    pid: process.pid,
    startTime: processIdentity(process.pid)?.startTime ?? 'unknown',
    engineId: randomUUID(),
  };
}

/** True if the process that the owner lived in still runs. */
export function isOwnerAlive({ pid, startTime }: RunOwner): boolean {
  return processIdentity(pid)?.startTime === startTime;
}
