/**
 * Errors that only a pipeline's logic meets.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';

/** A step's result is too large to come into the pipeline's logic. */
export class ValueTooLargeError extends HeadraceError {
  constructor(
    readonly step: string,
    readonly size: number,
    readonly limit: number,
  ) {
    super(
      `the result of step ${step} has ${size} bytes, and the pipeline's logic takes ${limit} at the most: pass the Lazy on to a component and move what reads the data into it`,
    );
  }

  override get name(): string {
    return 'ValueTooLargeError';
  }
}

/** A callback of a component did not come to its end by itself. */
export class CallbackPendingError extends HeadraceError {
  constructor(readonly callback: string) {
    super(
      `the ${callback} callback awaits something that is not there: a callback may await results of steps that are completed, and nothing outside; move that into a component`,
    );
  }

  override get name(): string {
    return 'CallbackPendingError';
  }
}

/** A pre-execute callback put something into `params` that cannot be an argument of the step. */
export class ParamsError extends HeadraceError {
  override get name(): string {
    return 'ParamsError';
  }
}

/** The bundle and the host, or the bundle and the history, do not fit together. */
export class ReplayError extends HeadraceError {
  override get name(): string {
    return 'ReplayError';
  }
}
