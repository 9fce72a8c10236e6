/**
 * The errors of a step or a run that is stopped. The runner and debug mode share them.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';
import { RUN_TIMEOUT_ERROR, runLimitMessage } from '../model/run-limit.ts';

/** The step was stopped before it completed. `stopCause` names the kind of stop. */
export class StepStoppedError extends HeadraceError {
  constructor(
    readonly stopCause: 'timeout' | 'abort' | 'reclaimed' | 'terminated',
    readonly reason: string,
    message = `the step was stopped: ${reason}`,
  ) {
    super(message);
  }
}

/** The step ran longer than its `timeoutSeconds`. */
export class StepTimeoutError extends StepStoppedError {
  constructor(reason: string) {
    super('timeout', reason, `the step ${reason}`);
  }
}

/** The error of a step that is stopped for a cause. */
export const stopError = (
  cause: StepStoppedError['stopCause'],
  reason: string,
): StepStoppedError =>
  cause === 'timeout' ? new StepTimeoutError(reason) : new StepStoppedError(cause, reason);

/** The run exceeded its `timeoutSeconds`. */
export class RunTimeoutError extends HeadraceError {
  constructor(seconds: number) {
    super(runLimitMessage(seconds));
  }

  override get name(): string {
    return RUN_TIMEOUT_ERROR;
  }
}
