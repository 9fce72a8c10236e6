/**
 * The counters that the controller keeps by differences, counted again from the records alone.
 *
 * @module
 */
import { isSuccess, isTerminalStep, type Step } from '../../src/model/step.ts';
import type { MirroredRun } from './mirrored-run.ts';

/** Its end is final and its children may know. */
export const isRecorded = (step: Step): boolean =>
  isTerminalStep(step.status) && step.waitingFor === 'none';

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

/** By the declaration, not by what the record says. */
export function isTolerated(run: MirroredRun, step: Step): boolean {
  const behaviour = run.declarations.get(step.component)?.continueBehaviour;
  return step.status === 'failed'
    ? behaviour?.continueOnFail === true
    : behaviour?.continueOnAbort === true;
}

/** Whether a parent's end lets its children run. */
export function allowsChildren(run: MirroredRun, parent: Step): boolean {
  const behaviour = run.declarations.get(parent.component)?.continueBehaviour;
  if (isSuccess(parent.status)) return true;
  if (parent.status === 'failed') return behaviour?.skipChildrenOnFail === false;
  if (parent.status === 'aborted') return behaviour?.skipChildrenOnAbort === false;
  return false;
}

/** What a pending step still waits for: parents whose end lies beyond its watermark, and names that no call answered. */
export function unmetOf(run: MirroredRun, step: Step): number {
  let unmet = 0;
  for (const gate of run.gates.get(step.call) ?? []) {
    const told = typeof gate === 'number' ? run.completionEvents.get(gate) : undefined;
    if (told === undefined || told > step.watermark) unmet += 1;
  }
  return unmet;
}
