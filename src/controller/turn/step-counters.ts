/**
 * How a step counts for its run. Pure: the run's counters are sums of these over its steps, kept by differences.
 *
 * 1. A step is told when it is terminal and no callback holds its end back: its completion is in the history, its children may move.
 * 2. `unfinished` = steps not told; `moving` = of these, the ones that wait for anything but a parent.
 *
 * @module
 */
import type { ComponentDeclaration } from '../../model/options.ts';
import { isSuccess, isTerminalStep, type Step } from '../../model/step.ts';

export const isRecorded = (step: Step): boolean =>
  isTerminalStep(step.status) && step.waitingFor === 'none';
const isActive = (step: Step): boolean => !isRecorded(step) && step.waitingFor !== 'parents';
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

/** What a step adds to its run's counters. */
export function countersOf(step: Step | undefined): StepCounters {
  if (step === undefined) return NO_COUNTERS;
  return {
    unfinishedSteps: isRecorded(step) ? 0 : 1,
    activeSteps: isActive(step) ? 1 : 0,
    unhandledFailures: isUnhandledFailure(step) ? 1 : 0,
  };
}

/** Whether a told step lets its children go on; else they are skipped. */
export function allowsChildren(step: Step, { continueBehaviour }: ComponentDeclaration): boolean {
  if (isSuccess(step.status)) return true;
  if (step.status === 'failed') return !continueBehaviour.skipChildrenOnFail;
  if (step.status === 'aborted') return !continueBehaviour.skipChildrenOnAbort;
  return false;
}

/** The step that is to blame for what is skipped because of `step`: itself, or what it was skipped for. */
export const rootCause = (step: Step): number | null =>
  step.status === 'skipped' ? step.cause : step.call;

/**
 * Counts the end of a parent, history event `event`, into its child (rule 5). Undefined if it was counted before.
 * Events must be counted in their order.
 */
export function countParent(child: Step, event: number): Step | undefined {
  if (child.watermark >= event || isTerminalStep(child.status)) return undefined;
  return { ...child, watermark: event, unmetParents: child.unmetParents - 1 };
}
