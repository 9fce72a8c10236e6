/**
 * The error for a name that no step of a run has.
 *
 * @module
 */
import { NotFoundError } from '../launch/errors.ts';

export const MAX_LISTED_STEPS = 20;

/** @param names the first steps of the run, at most one more than are listed */
export const unknownStepError = (
  run: string,
  step: string,
  names: readonly string[],
): NotFoundError =>
  new NotFoundError(
    `run ${run} has no step ${JSON.stringify(step)}; ${names.length === 0 ? 'it has no steps yet' : `it has ${names.slice(0, MAX_LISTED_STEPS).join(', ')}${names.length > MAX_LISTED_STEPS ? ', …' : ''}`}`,
  );
