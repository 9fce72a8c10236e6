/**
 * Errors of a request that cannot be met: the options are at fault, or what they name does not
 * exist.
 *
 * @module
 */
import { UsageError } from '../submit/errors.ts';

/** Options or environment variables contradict each other, or one has an invalid value. */
export class CommandLineError extends UsageError {}

/** A run, step, artifact or profile that the request names does not exist. */
export class NotFoundError extends UsageError {}
