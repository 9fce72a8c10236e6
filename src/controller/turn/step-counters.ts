/**
 * The contribution of a step to the counters of its run, and of a parent to its child. Pure.
 *
 * The counters of the run head are sums over all steps. They are updated by the difference when a
 * step changes.
 *
 * 1. A step is recorded when it is terminal and waits for no callback: its completion is in the
 *    history, and its children may be counted.
 * 2. `unfinishedSteps` counts the steps that are not recorded; `activeSteps` counts those of them
 *    that wait for something other than a parent.
 *
 * @module
 */
import type { ComponentDeclaration } from '../../model/options.ts';
import { isSuccess, isTerminalStep, type Step } from '../../model/step.ts';

export const isRecorded = (step: Step): boolean =>
  isTerminalStep(step.status) && step.waitingFor === 'none';
const isActive = (step: Step): boolean => !isRecorded(step) && step.waitingFor !== 'parents';
/** Whether a step of a limited component holds a slot, or waits for one. */
export const needsSlot = ({ status, waitingFor }: Step): boolean =>
  status === 'queued' ||
  status === 'running' ||
  (status === 'pending' && (waitingFor === 'limit' || waitingFor === 'none'));
const isUnhandledFailure = (step: Step): boolean =>
  isRecorded(step) &&
  (step.status === 'failed' || step.status === 'aborted') &&
  !step.tolerated &&
  !step.handled;

export interface StepCounters {
  readonly unfinishedSteps: number;
  readonly activeSteps: number;
  readonly unhandledFailures: number;
}

const NO_COUNTERS: StepCounters = { unfinishedSteps: 0, activeSteps: 0, unhandledFailures: 0 };

/** The contribution of a step to the counters of its run. */
export function countersOf(step: Step | undefined): StepCounters {
  if (step === undefined) return NO_COUNTERS;
  return {
    unfinishedSteps: isRecorded(step) ? 0 : 1,
    activeSteps: isActive(step) ? 1 : 0,
    unhandledFailures: isUnhandledFailure(step) ? 1 : 0,
  };
}

/** Whether the children of a recorded step may run; otherwise they are skipped. */
export function allowsChildren(step: Step, { continueBehaviour }: ComponentDeclaration): boolean {
  if (isSuccess(step.status)) return true;
  if (step.status === 'failed') return !continueBehaviour.skipChildrenOnFail;
  if (step.status === 'aborted') return !continueBehaviour.skipChildrenOnAbort;
  return false;
}

/** The root cause of skips because of `step`: the step itself, or the cause of its own skip. */
export const rootCause = (step: Step): number | null =>
  step.status === 'skipped' ? step.cause : step.call;

/**
 * Counts the completion of a parent, history event `event`, into its child (rule 5). Returns
 * undefined if it was counted before. Events must be counted in order.
 */
export function countParent(child: Step, event: number): Step | undefined {
  if (child.watermark >= event || isTerminalStep(child.status)) return undefined;
  return { ...child, watermark: event, unmetParents: child.unmetParents - 1 };
}
