/**
 * The errors of the functions for a pipeline's logic: signals, and the cancelling of steps. Part of
 * `errors.ts`, whose rules apply.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';
import { SIGNAL_NAME_RULE } from '../model/signals.ts';

/** The logic awaited a step that it had cancelled, or that exceeded its `timeout`. */
export class StepCancelledError extends HeadraceError {
  constructor(
    readonly step: string,
    /** The limit of `timeout` that it exceeded, in milliseconds. */
    readonly timeoutMs?: number,
  ) {
    super(
      timeoutMs === undefined
        ? `step ${step} was cancelled`
        : `step ${step} was cancelled: it did not complete within ${timeoutMs / 1000} s`,
    );
  }

  override get name(): string {
    return 'StepCancelledError';
  }
}

/** `cancel` or `timeout` received something that is not the Lazy of a step. */
export class LazyExpectedError extends HeadraceError {
  constructor(readonly what: string) {
    super(`${what} needs a Lazy: pass what the call of a component returned, without await`);
  }

  override get name(): string {
    return 'LazyExpectedError';
  }
}

/** A function of the pipeline's logic was called in a step, or outside of a run. */
export class OutsideLogicError extends HeadraceError {
  constructor(readonly what: string) {
    super(
      `${what} was called outside the logic of a pipeline: call it in the function that you pass to pipeline(…)`,
    );
  }

  override get name(): string {
    return 'OutsideLogicError';
  }
}

/** The argument of `waitForSignal` is not the name of a signal. */
export class SignalNameError extends HeadraceError {
  constructor(readonly signal: unknown) {
    super(
      `${typeof signal === 'string' ? JSON.stringify(signal) : String(signal)} is not the name of a signal: a name has ${SIGNAL_NAME_RULE}`,
    );
  }

  override get name(): string {
    return 'SignalNameError';
  }
}

/** Debug mode has no value for a signal that the logic awaits. */
export class SignalMissingError extends HeadraceError {
  constructor(readonly signal: string) {
    super(
      `the pipeline waits for the signal ${signal}, and debug mode has no value for it: pass one, as in headrace run <file> --mode debug --signal ${signal}=true`,
    );
  }

  override get name(): string {
    return 'SignalMissingError';
  }
}

/** The logic awaits too many signals at once. */
export class TooManySignalsError extends HeadraceError {
  constructor(readonly limit: number) {
    super(
      `the pipeline's logic awaits signals with more than ${limit} names at once: wait for one signal whose value names the object`,
    );
  }

  override get name(): string {
    return 'TooManySignalsError';
  }
}
