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

/** The content of an object is not what was written. The controller removes its cache entry. */
export class DamagedObjectError extends HeadraceError {
  constructor(
    readonly key: string,
    readonly found: number,
    readonly written: number,
  ) {
    super(
      found === written
        ? `the object ${key} has another content than was written: the store is damaged. Start the pipeline again, which computes it again`
        : `the object ${key} has ${found} bytes, and ${written} were written: the store is damaged. Start the pipeline again, which computes it again`,
    );
  }

  // The controller recognizes the error by its name.
  override get name(): string {
    return 'DamagedObjectError';
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
