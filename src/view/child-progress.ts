/**
 * How far a child run is, for the line of its step.
 *
 * @module
 */
import { runIdSchema } from '../model/ids.ts';
import type { RunStatus } from '../model/run.ts';
import type { ChildRun } from '../model/step.ts';
import type { Tasks } from '../ports/tasks.ts';

export interface ChildProgress {
  readonly status: RunStatus;
  /** Steps that were called, and how many of them have ended. */
  readonly steps: number;
  readonly endedSteps: number;
}

/** Undefined if the run was removed. */
export type ReadChildProgress = (run: string) => Promise<ChildProgress | undefined>;

/** Reads the progress from records of this machine. */
export const recordedProgress =
  (tasks: Pick<Tasks, 'run'>): ReadChildProgress =>
  async (id) => {
    const run = await tasks.run(runIdSchema.parse(id));
    if (run === undefined) return undefined;
    const { status, callCount, unfinishedSteps } = run.head;
    return { status, steps: callCount, endedSteps: callCount - unfinishedSteps };
  };

/** `evaluate#3`, and while it runs `evaluate#3, 3 of 8 steps`. */
export function childRunText(
  { pipeline, number }: Pick<ChildRun, 'pipeline' | 'number'>,
  progress: ChildProgress | undefined,
): string {
  const label = `${pipeline}#${number}`;
  if (progress === undefined) return label;
  const { status, steps, endedSteps } = progress;
  return status === 'running' && steps > 0
    ? `${label}, ${endedSteps} of ${steps} ${steps === 1 ? 'step' : 'steps'}`
    : `${label}, ${status}`;
}
