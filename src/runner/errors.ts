/**
 * The errors with which a step fails, other than those that its function throws.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** A value that cannot be encoded. */
export class UnserializableArtifactError extends HeadraceError {
  constructor(
    readonly artifact: string,
    reason: string,
    cause: unknown,
  ) {
    super(`${artifact} cannot be stored: ${reason}`);
    this.cause = cause;
  }
}

/** An argument whose value cannot be read. */
export class ArgumentError extends HeadraceError {
  constructor(
    readonly argument: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`${argument} cannot be read: ${reason}`);
    if (cause !== undefined) this.cause = cause;
  }
}

/** The bundle of a step lacks its function or a serializer, or its working directory is missing. */
export class StepCodeError extends HeadraceError {}

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

/** The message of a thrown value. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
