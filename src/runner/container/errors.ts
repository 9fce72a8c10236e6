/**
 * The errors of a step that fails before its function is called, or whose process sends no outcome.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';

/** The step's environment could not be prepared: its setup script, repository or packages. */
export class PreparationError extends HeadraceError {
  constructor(
    readonly part: 'dockerBashSetupScript' | 'repo' | 'packages' | 'secrets' | 'workingDir',
    reason: string,
    cause?: unknown,
  ) {
    super(`${part}: ${reason}`);
    if (cause !== undefined) this.cause = cause;
  }
}

/**
 * A command of the preparation exited with another code than 0. `output` is the end of its output.
 */
export class CommandError extends HeadraceError {
  constructor(
    readonly command: string,
    readonly exitText: string,
    readonly output: string,
  ) {
    super(`${command} ${exitText}${output === '' ? '' : `:\n${output}`}`);
  }
}

/** The step's process ended without an outcome. */
export class StepCrashedError extends HeadraceError {}

/** The step's process was killed because the container's memory was used up. */
export class OutOfMemoryError extends HeadraceError {}
