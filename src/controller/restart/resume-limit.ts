/**
 * The time in which a run can be resumed. It ends with the longest time for which a run is active,
 * which counts from the creation of the run: its objects expire by their age.
 *
 * @module
 */
import { HeadraceError } from '../../model/errors.ts';
import type { RunId } from '../../model/ids.ts';
import { msToDays } from '../../model/retention.ts';
import type { Run } from '../../model/run.ts';

export class ResumeTooLateError extends HeadraceError {
  constructor(
    readonly run: RunId,
    readonly days: number,
  ) {
    super(
      `run ${run} was created more than ${days} days ago, the longest time in which a run of its deployment is active (retention.activeDays), so it cannot be resumed: \`headrace runs rerun\` with --from makes a new run, which adopts the completed steps`,
    );
  }
}

/**
 * @param maxActiveMs the longest time from the creation of a run to its end
 * @throws ResumeTooLateError
 */
export function requireResumable({ info }: Run, now: number, maxActiveMs: number): void {
  if (now - info.createdAt >= maxActiveMs)
    throw new ResumeTooLateError(info.id, msToDays(maxActiveMs));
}
