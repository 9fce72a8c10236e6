/**
 * Counts the counters of a run again, from the records alone. The controller updates them by
 * differences.
 *
 * @module
 */
import { isSuccess, type Step } from '../../src/model/step.ts';
import { isRecorded, type MirroredRun } from './mirror.ts';

export interface Recount {
  readonly unfinishedSteps: number;
  readonly activeSteps: number;
  readonly unhandledFailures: number;
  readonly pendingSleepCount: number;
}

export function recount(run: MirroredRun): Recount {
  let unfinishedSteps = 0;
  let activeSteps = 0;
  let unhandledFailures = 0;
  for (const step of run.steps.values()) {
    if (!isRecorded(step)) {
      unfinishedSteps += 1;
      if (step.waitingFor !== 'parents') activeSteps += 1;
    } else if (
      (step.status === 'failed' || step.status === 'aborted') &&
      !step.handled &&
      !isTolerated(run, step)
    )
      unhandledFailures += 1;
  }
  return {
    unfinishedSteps,
    activeSteps,
    unhandledFailures,
    pendingSleepCount: run.head.sleepCount - run.endedSleepCount,
  };
}

/** By the declaration, independent of the record. */
export function isTolerated(run: MirroredRun, step: Step): boolean {
  const behaviour = run.declarations.get(step.component)?.continueBehaviour;
  return step.status === 'failed'
    ? behaviour?.continueOnFail === true
    : behaviour?.continueOnAbort === true;
}

/** Whether the children of a complete parent may run. */
export function allowsChildren(run: MirroredRun, parent: Step): boolean {
  const behaviour = run.declarations.get(parent.component)?.continueBehaviour;
  if (isSuccess(parent.status)) return true;
  if (parent.status === 'failed') return behaviour?.skipChildrenOnFail === false;
  if (parent.status === 'aborted') return behaviour?.skipChildrenOnAbort === false;
  return false;
}

/**
 * The number of gates of a pending step: parents whose completion is after its watermark, and names
 * that no call has.
 */
export function unmetOf(run: MirroredRun, step: Step): number {
  let unmet = 0;
  for (const gate of run.gates.get(step.call) ?? []) {
    const event = typeof gate === 'number' ? run.completionEvents.get(gate) : undefined;
    if (event === undefined || event > step.watermark) unmet += 1;
  }
  return unmet;
}
