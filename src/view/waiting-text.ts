/**
 * Why a step waits, as text.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import { waitingReasonOf } from '../model/step.ts';
import type { LimitWaits } from '../ports/limit-waits.ts';
import type { StepViewModel } from './view-models.ts';

/** Null if no reason is known. */
export async function waitingText(
  waits: LimitWaits | undefined,
  run: RunId,
  step: StepViewModel,
): Promise<string | null> {
  return step.waitingReason ?? waitingReasonOf(step) ?? (await waits?.textOf(run, step)) ?? null;
}
