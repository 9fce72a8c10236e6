/**
 * Errors of a request that cannot be met: the options are at fault, or what they name does not
 * exist.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import { UsageError } from '../submit/errors.ts';

/** Options or environment variables contradict each other, or one has an invalid value. */
export class CommandLineError extends UsageError {}

/** A run, step, artifact or profile that the request names does not exist. */
export class NotFoundError extends UsageError {}

/** Ctrl-C stopped the upload of input files: there is no run. */
export class UploadInterruptedError extends HeadraceError {
  constructor() {
    super(
      'interrupted: no run was started. The uploaded files are kept: start again, and only the others are uploaded',
    );
  }
}
