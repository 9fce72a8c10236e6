/**
 * Why a step fails beside what its own function throws.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** The function's result is not what `returnValues` announced. */
export class ReturnValuesError extends HeadraceError {
  constructor(
    readonly component: string,
    readonly expected: readonly string[],
    returned: unknown,
  ) {
    super(
      `${component} must return an array of ${expected.length} values, one for each of its returnValues (${expected.join(', ')}), ` +
        `but it returned ${Array.isArray(returned) ? `an array of ${returned.length}` : describe(returned)}`,
    );
  }
}

/** A value that has no form to travel in. */
export class UnserializableArtifactError extends HeadraceError {
  constructor(
    readonly artifact: string,
    reason: string,
    cause: unknown,
  ) {
    super(`${artifact} cannot travel: ${reason}`);
    this.cause = cause;
  }
}

/** An argument whose value cannot be had. */
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

/** What a step asked its logger, or an upload, to record is nothing that can be recorded. */
export class ReportError extends HeadraceError {}

/** The bundle of a step does not hold what it should. */
export class StepCodeError extends HeadraceError {}

/** The step was told to end. `cause` tells by what. */
export class StepStoppedError extends HeadraceError {
  constructor(
    readonly stopCause: 'timeout' | 'abort' | 'reclaimed' | 'terminated',
    readonly reason: string,
  ) {
    super(`the step was told to stop: ${reason}`);
  }
}

/** Nothing is left that could settle the promise that the step's function returned. */
export class NeverSettledError extends HeadraceError {
  constructor(readonly component: string) {
    super(
      `${component} awaits something that can never happen: nothing is left in its process that could settle the promise it returned`,
    );
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object' || typeof value === 'function')
    return `one ${value.constructor?.name ?? 'object'}`;
  return `one ${typeof value}`;
}
