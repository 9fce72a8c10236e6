/**
 * Why a step fails before its function is called, or without a word of its process.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';

/** The step's environment could not be made: its setup script, repository or packages. */
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
 * A command of the preparation ended with something else than 0. `output` is the end of what it
 * printed.
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
