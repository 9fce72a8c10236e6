/**
 * The errors that the SDK throws to users. Free of Node.js and zod, because the evaluator's context
 * and step bundles contain them, too.
 *
 * Each class returns its name as a literal, because bundling may rename classes.
 *
 * @module
 */
import { describeThrown } from '../model/describe-thrown.ts';
import { HeadraceError } from '../model/headrace-error.ts';

export * from './logic-errors.ts';

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object' || typeof value === 'function')
    return `one ${value.constructor?.name ?? 'object'}`;
  return `one ${typeof value}`;
}

/** The message of a thrown value. */
function messageOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'message' in thrown
    ? String(thrown.message)
    : String(thrown);
}

/** The message of what a step threw, which may be no error. */
const reasonOf = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'message' in thrown
    ? messageOf(thrown)
    : `threw ${describeThrown(thrown)}, which is not an Error`;

/** The logic awaited a step that failed. `cause` is the error of the step's last attempt. */
export class StepFailedError extends HeadraceError {
  constructor(
    readonly step: string,
    readonly attempts: number,
    cause: unknown,
  ) {
    super(
      `step ${step} failed${attempts > 1 ? ` after ${attempts} attempts` : ''}: ${reasonOf(cause)}`,
      { cause },
    );
  }

  override get name(): string {
    return 'StepFailedError';
  }
}

/**
 * The logic awaited a step that was skipped. `because` is the failed or aborted step that it
 * depends on. It is `null` if a pre-execute callback returned false: that of the step, or of a step
 * that it depends on.
 */
export class StepSkippedError extends HeadraceError {
  constructor(
    readonly step: string,
    readonly because: string | null,
  ) {
    super(
      `step ${step} was skipped, because ${because === null ? 'its preExecuteCallback, or that of a step that it depends on, returned false' : `${because}, which it depends on, has no result`}`,
    );
  }

  override get name(): string {
    return 'StepSkippedError';
  }
}

/** The logic awaited a step that was aborted. */
export class StepAbortedError extends HeadraceError {
  constructor(readonly step: string) {
    super(`step ${step} was aborted`);
  }

  override get name(): string {
    return 'StepAbortedError';
  }
}

/** `inputFile` cannot provide its file, or was called where it has no meaning. */
export class InputFileError extends HeadraceError {
  constructor(
    readonly address: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`inputFile(${JSON.stringify(address)}): ${reason}`, options);
  }

  override get name(): string {
    return 'InputFileError';
  }
}

/** `useModel` finds no such version, or was called where it has no meaning. */
export class UseModelError extends HeadraceError {
  constructor(
    readonly reference: string,
    readonly reason: string,
  ) {
    super(`useModel(${JSON.stringify(reference)}): ${reason}`);
  }

  override get name(): string {
    return 'UseModelError';
  }
}

/** A component was called outside of a run. */
export class OutsidePipelineError extends HeadraceError {
  constructor(readonly component: string) {
    super(
      `component called outside a pipeline: ${component} runs only as a step of a run. Call it in the function that you pass to pipeline(…), or export the plain function beside the component and call that`,
    );
  }

  override get name(): string {
    return 'OutsidePipelineError';
  }
}

/** A component was called in the function of a component. */
export class NestedComponentError extends HeadraceError {
  constructor(
    readonly component: string,
    readonly caller?: string,
  ) {
    super(
      `component ${component} was called in ${caller === undefined ? 'a component' : `component ${caller}`}: a step cannot start steps. Call both in the pipeline's function, or share a plain function between them`,
    );
  }

  override get name(): string {
    return 'NestedComponentError';
  }
}

/** A pipeline was called in the function of a component, or where no child run can start. */
export class NestedPipelineError extends HeadraceError {
  constructor(
    readonly pipeline: string,
    /** `declaration`: it was called in a pipeline, but is not a constant of its own. */
    readonly reason: 'place' | 'declaration' = 'place',
  ) {
    super(
      reason === 'place'
        ? `pipeline ${pipeline} was called where no run can start: a step cannot start runs. Call it in the function of a pipeline, or share a plain function between the two`
        : `pipeline ${pipeline} is a member of an object or an array, or is declared in a CommonJS module, so no version of it was registered with its caller. Declare it as a constant of its own in an ES module, as in "export const train = pipeline(…)", and call the constant`,
    );
  }

  override get name(): string {
    return 'NestedPipelineError';
  }
}

/**
 * A promise of the pipeline's logic was rejected, and no handler was attached to it. `cause` is the
 * reason. Its stack, if it has one, is also the error's.
 */
export class UnhandledRejectionError extends HeadraceError {
  constructor(reason: unknown) {
    super(
      `a promise of the pipeline was rejected, and nothing handles it: ${describeReason(reason)}. Await the promise, or attach a handler with catch`,
      { cause: reason },
    );
    const frames = framesOf(reason);
    if (frames !== '') this.stack = `${this.name}: ${this.message}\n${frames}`;
  }

  override get name(): string {
    return 'UnhandledRejectionError';
  }
}

/** Never throws: the reason may be any value. */
function describeReason(reason: unknown): string {
  try {
    return reason instanceof Error ? `${reason.name}: ${reason.message}` : messageOf(reason);
  } catch {
    return 'a value that cannot be read';
  }
}

/** The lines of an error's stack that name places. Never throws. */
function framesOf(error: unknown): string {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    const lines = typeof stack === 'string' ? stack.split('\n') : [];
    return lines.filter((line) => /^\s+at /.test(line)).join('\n');
  } catch {
    return '';
  }
}

/** The process has nothing left to do, but the promise of the step's function is pending. */
export class NeverSettledError extends HeadraceError {
  constructor(readonly component: string) {
    super(
      `${component} awaits something that can never happen: nothing is left in its process that could settle the promise it returned`,
    );
  }

  override get name(): string {
    return 'NeverSettledError';
  }
}

/** The logic awaits something that no step and no sleep settles. */
export class NonStepAwaitError extends HeadraceError {
  constructor() {
    super(
      "the pipeline's logic awaits something that is not a step: all steps that it called have ended, and it still waits. The logic cannot use timers, requests or files: move them into a component (to wait, use sleep)",
    );
  }

  override get name(): string {
    return 'NonStepAwaitError';
  }
}

/** A callback of a component did not complete within its event. */
export class CallbackPendingError extends HeadraceError {
  constructor(readonly callback: string) {
    super(
      `the ${callback} callback awaits something that is not available: a callback may await results of completed steps only; move all other work into a component`,
    );
  }

  override get name(): string {
    return 'CallbackPendingError';
  }
}

/** A Lazy was used in place of its value. */
export class LazyUsedAsValueError extends HeadraceError {
  constructor(
    readonly step: string,
    /** The property that was read, if one was. */
    readonly property?: string,
  ) {
    super(
      property === undefined
        ? `the result of step ${step} was used as a value before it is known: await it first, as in 100 * (await accuracy)`
        : `property ${property} of the result of step ${step} was read before the result is known: await it first, as in (await rows).length`,
    );
  }

  override get name(): string {
    return 'LazyUsedAsValueError';
  }
}

/** `currentStep()` or an upload was called outside of a step. */
export class OutsideStepError extends HeadraceError {
  constructor(readonly what: string) {
    super(`${what} was called outside a step: call it in a component's function`);
  }

  override get name(): string {
    return 'OutsideStepError';
  }
}

/** A component has several `returnValues`, and its function did not return one value for each. */
export class ReturnValuesError extends HeadraceError {
  constructor(
    readonly component: string,
    readonly returnValues: readonly string[],
    returned: unknown,
  ) {
    super(
      `${component} must return an array of ${returnValues.length} values, one for each of its returnValues (${returnValues.join(', ')}), ` +
        `but it returned ${Array.isArray(returned) ? `an array of ${returned.length}` : describeValue(returned)}`,
    );
  }

  override get name(): string {
    return 'ReturnValuesError';
  }
}

/** An option of a component or pipeline is unknown or has an invalid value. */
export class OptionError extends HeadraceError {
  constructor(
    /** The option's name, with the path inside its value: `cache.ttl`. */
    readonly option: string,
    /** The owner of the option, as in `component stepOne`. */
    readonly owner: string,
    readonly reason: string,
  ) {
    super(`option ${option} of ${owner}: ${reason}`);
  }

  override get name(): string {
    return 'OptionError';
  }
}

/** A component or pipeline is declared in a way that cannot be bundled or named. */
export class DeclarationError extends HeadraceError {
  override get name(): string {
    return 'DeclarationError';
  }
}

/** The argument of `sleep` is not a duration. */
export class DurationError extends HeadraceError {
  constructor(readonly duration: unknown) {
    super(
      `${typeof duration === 'string' ? JSON.stringify(duration) : String(duration)} is not a duration: pass milliseconds as a number, or a text as in '500ms', '5s', '2m', '1h', '1d', up to 3,650 days`,
    );
  }

  override get name(): string {
    return 'DurationError';
  }
}

/**
 * A program uses a setting of Headrace that does not exist, or starts a run that is not possible.
 */
export class ProgramError extends HeadraceError {
  override get name(): string {
    return 'ProgramError';
  }
}

/** A step waits for a parent, by the option `parents`, that is never called. */
export class MissingParentError extends HeadraceError {
  constructor(
    readonly step: string,
    readonly parent: string,
    /** The parent was called, and waits for the step itself. */
    cycle = false,
  ) {
    super(
      cycle
        ? `step ${step} waits for its parent ${parent}, which waits for ${step}: the option parents makes a cycle`
        : `step ${step} waits for its parent ${parent}, which is neither a step nor a component that was called: check the option parents`,
    );
  }

  override get name(): string {
    return 'MissingParentError';
  }
}

/** A callback ended the run. */
export class RunAbortedError extends HeadraceError {
  constructor(readonly reason?: string) {
    super(reason ?? 'a callback aborted the run');
  }

  override get name(): string {
    return 'RunAbortedError';
  }
}

/** The run that a program started did not complete. `cause` is the error that ended it. */
export class PipelineRunError extends HeadraceError {
  constructor(
    readonly runId: string,
    readonly status: string,
    cause: unknown,
  ) {
    super(`run ${runId} ended ${status}${cause == null ? '' : `: ${messageOf(cause)}`}`, { cause });
  }

  override get name(): string {
    return 'PipelineRunError';
  }
}
