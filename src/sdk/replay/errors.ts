/**
 * The errors that only a pipeline's logic can cause.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';

/** A step's result is too large for the pipeline's logic. */
export class ValueTooLargeError extends HeadraceError {
  constructor(
    readonly step: string,
    readonly size: number,
    readonly limit: number,
  ) {
    super(
      `the result of step ${step} has ${size} bytes, and the pipeline's logic loads at most ${limit}: pass the Lazy to a component, and move the code that reads the data into it`,
    );
  }

  override get name(): string {
    return 'ValueTooLargeError';
  }
}

/** A pre-execute callback assigned a value to `params` that cannot be an argument of the step. */
export class ParamsError extends HeadraceError {
  override get name(): string {
    return 'ParamsError';
  }
}

/** The bundle does not match the host or the history. */
export class ReplayError extends HeadraceError {
  override get name(): string {
    return 'ReplayError';
  }
}
