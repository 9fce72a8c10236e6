/**
 * The exit codes of the command. They are a contract: scripts branch on them.
 *
 * @module
 */
import type { RunStatus } from '../model/run.ts';

export const EXIT = {
  completed: 0,
  /** The run failed (its time limit included), or Headrace itself failed. */
  failed: 1,
  /** Wrong usage, an unknown run, an invalid pipeline. */
  usage: 2,
  aborted: 3,
  /** Ctrl-C or a signal: the run can be resumed. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The code for a run in its final status, or for a run that this process leaves unfinished. */
export function exitCodeOf(status: RunStatus): ExitCode {
  switch (status) {
    case 'completed':
      return EXIT.completed;
    case 'failed':
      return EXIT.failed;
    case 'aborted':
      return EXIT.aborted;
    case 'queued':
    case 'running':
    case 'aborting':
      return EXIT.interrupted;
  }
}
