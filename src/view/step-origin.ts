/**
 * Names where the result of a step is from, if the step was not executed in its run.
 *
 * @module
 */
import { isSuccess, type StepOrigin, type StepStatus } from '../model/step.ts';
import type { OriginRun, ReportedOutputs } from '../ports/reported-outputs.ts';
import type { StepViewModel } from './view-models.ts';

/** A status as it is shown. A step that a rerun took over is `adopted`. */
export type ShownStatus = StepStatus | 'adopted';

type OriginFields = Pick<StepViewModel, 'status' | 'cachedFrom' | 'adoptedFrom'>;

export const shownStatus = ({
  status,
  adoptedFrom,
}: Pick<OriginFields, 'status' | 'adoptedFrom'>): ShownStatus =>
  adoptedFrom !== undefined && isSuccess(status) ? 'adopted' : status;

const originOf = ({ cachedFrom, adoptedFrom }: OriginFields): StepOrigin | null =>
  adoptedFrom ?? cachedFrom;

/** The run that the result is from; null if the step was executed, or that run is removed. */
export async function originRunOf(
  reported: Pick<ReportedOutputs, 'originRun'>,
  step: OriginFields,
): Promise<OriginRun | null> {
  const origin = originOf(step);
  return origin === null ? null : ((await reported.originRun(origin.run)) ?? null);
}

/**
 * `from train of iris#3`, `taken over from train of iris#3`; null for a step that was executed in
 * its run.
 */
export async function originText(
  reported: Pick<ReportedOutputs, 'originRun'>,
  step: OriginFields,
): Promise<string | null> {
  const { cachedFrom, adoptedFrom } = step;
  if (adoptedFrom !== undefined)
    return `taken over from ${await originName(reported, adoptedFrom)}`;
  return cachedFrom === null ? null : `from ${await originName(reported, cachedFrom)}`;
}

/** `train of iris#3`. */
async function originName(
  { originRun }: Pick<ReportedOutputs, 'originRun'>,
  { run, step }: StepOrigin,
): Promise<string> {
  const found = await originRun(run);
  return found === undefined
    ? `${step} of run ${run}, which was removed or has expired`
    : `${step} of ${found.pipeline}#${found.number}`;
}
