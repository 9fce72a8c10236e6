/**
 * Who owns a run: an engine, and the process that it lives in.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { processIdentity } from '../jobs/process-identity.ts';

export interface Owner {
  readonly pid: number;
  /** When the process started, as the system tells it: process ids are given again. */
  readonly started: string;
  /** Tells two engines of one process apart. */
  readonly engine: string;
}

/** A new engine of this process. */
export function newOwner(): Owner {
  return {
    pid: process.pid,
    started: processIdentity(process.pid)?.startTime ?? 'unknown',
    engine: randomUUID(),
  };
}

/** True if the process that the owner lived in still runs. */
export function isAlive({ pid, started }: Owner): boolean {
  return processIdentity(pid)?.startTime === started;
}
