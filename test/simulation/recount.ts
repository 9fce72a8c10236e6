/**
 * The counters that the controller keeps by differences, counted again from the records alone.
 *
 * @module
 */
import { isSuccess, isTerminal, type Step } from '../../src/model/step.ts';
import type { MirroredRun } from './mirror.ts';

/** Its end is final and its children may know. */
export const isTold = (step: Step): boolean => isTerminal(step.status) && step.waiting === 'none';

export interface Recount {
  readonly unfinished: number;
  readonly moving: number;
  readonly failures: number;
  readonly sleeping: number;
}

export function recount(run: MirroredRun): Recount {
  let unfinished = 0;
  let moving = 0;
  let failures = 0;
  for (const step of run.steps.values()) {
    if (!isTold(step)) {
      unfinished += 1;
      if (step.waiting !== 'parents') moving += 1;
    } else if ((step.status === 'failed' || step.status === 'aborted') && !step.handled && !isTolerated(run, step)) failures += 1;
  }
  return { unfinished, moving, failures, sleeping: run.head.sleeps - run.woken };
}

/** By the declaration, not by what the record says. */
export function isTolerated(run: MirroredRun, step: Step): boolean {
  const behaviour = run.declarations.get(step.component)?.behaviour;
  return step.status === 'failed' ? behaviour?.continueOnFail === true : behaviour?.continueOnAbort === true;
}

/** Whether a parent's end lets its children run. */
export function opens(run: MirroredRun, parent: Step): boolean {
  const behaviour = run.declarations.get(parent.component)?.behaviour;
  if (isSuccess(parent.status)) return true;
  if (parent.status === 'failed') return behaviour?.skipChildrenOnFail === false;
  if (parent.status === 'aborted') return behaviour?.skipChildrenOnAbort === false;
  return false;
}

/** What a pending step still waits for: parents whose end lies beyond its watermark, and names that no call answered. */
export function unmetOf(run: MirroredRun, step: Step): number {
  let unmet = 0;
  for (const gate of run.gates.get(step.call) ?? []) {
    const told = typeof gate === 'number' ? run.told.get(gate) : undefined;
    if (told === undefined || told > step.watermark) unmet += 1;
  }
  return unmet;
}
