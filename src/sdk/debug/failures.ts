/**
 * The failures of a run in debug mode that no code handled.
 *
 * @module
 */
import {
  NonStepAwaitError,
  StepFailedError,
  StepSkippedError,
  UnhandledRejectionError,
} from '../errors.ts';
import { RejectedPromises } from './rejections.ts';
import { type DebugStep, stepOfError } from './step.ts';

export interface RunFailure {
  readonly status: 'failed' | 'aborted';
  readonly error: unknown;
}

export class UnhandledFailures {
  readonly rejections = new RejectedPromises();
  /** Failed steps whose error rejected a promise that has no handler. */
  readonly #steps = new Set<DebugStep>();

  /** The error of logic that awaits something which never happens. */
  stuckError(): unknown {
    const [reason] = this.rejections.take();
    if (reason === undefined) return new NonStepAwaitError();
    return stepOfError(reason) === undefined ? new UnhandledRejectionError(reason) : reason;
  }

  /**
   * Marks the steps whose errors reached no handler. Returns the failure for the first other
   * rejection.
   */
  takeRejections(): RunFailure | undefined {
    let failure: RunFailure | undefined;
    for (const reason of this.rejections.take()) {
      const step = stepOfError(reason);
      if (step === undefined)
        failure ??= { status: 'failed', error: new UnhandledRejectionError(reason) };
      else this.#steps.add(step.skipCause ?? step);
    }
    return failure;
  }

  /** The failure of the run because of failed steps. */
  ofSteps(steps: readonly DebugStep[]): RunFailure | undefined {
    const [first, ...others] = steps.filter(
      (step) =>
        (step.status === 'failed' || step.status === 'aborted') &&
        step.cancellation === undefined &&
        !step.tolerated &&
        !this.#isHandled(step, steps),
    );
    if (first === undefined) return undefined;
    const error = first.failure();
    const { message } =
      first.status === 'failed' ? new StepFailedError(first.name, 1, error.cause) : error;
    error.message = message + otherFailuresText(others.length);
    return { status: 'failed', error };
  }

  /** The failed step was awaited, or a step that was skipped because of it. */
  #isHandled(failed: DebugStep, steps: readonly DebugStep[]): boolean {
    if (this.#steps.has(failed)) return false;
    return failed.awaited || steps.some((step) => step.skipCause === failed && step.awaited);
  }
}

/** Follows the message of the first failed step. */
const otherFailuresText = (count: number): string =>
  count === 0 ? '' : ` (and ${count} more ${count === 1 ? 'step' : 'steps'} failed)`;

/** Where the logic awaited a step that was skipped, the failure that is the reason for it. */
export function rootCauseOf(error: unknown, steps: readonly DebugStep[]): unknown {
  if (!(error instanceof StepSkippedError)) return error;
  const cause = steps.find(({ name }) => name === error.step)?.skipCause;
  if (cause?.status !== 'failed' && cause?.status !== 'aborted') return error;
  const failure = cause.failure();
  failure.message += ` (${error.step} was skipped because of it)`;
  return failure;
}
