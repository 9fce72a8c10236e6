/**
 * The errors that a user of the SDK meets. No Node and no zod: they are made inside the evaluator's context and in step bundles too.
 *
 * Names are written out, because bundling may rename classes.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** The message of whatever was thrown. */
function messageOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'message' in thrown
    ? String(thrown.message)
    : String(thrown);
}

/** Awaiting a step that failed throws this into the pipeline's logic. `cause` is the error of its last attempt. */
export class StepFailedError extends HeadraceError {
  constructor(
    readonly step: string,
    readonly attempts: number,
    cause: unknown,
  ) {
    super(
      `step ${step} failed${attempts > 1 ? ` after ${attempts} attempts` : ''}: ${messageOf(cause)}`,
      { cause },
    );
  }

  override get name(): string {
    return 'StepFailedError';
  }
}

/** Awaiting a step that was skipped throws this. `because` is the failed or aborted step that it depended on; `null`: a pre-execute callback said so, its own or that of a step before it. */
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

/** Awaiting a step that was aborted throws this. */
export class StepAbortedError extends HeadraceError {
  constructor(readonly step: string) {
    super(`step ${step} was aborted`);
  }

  override get name(): string {
    return 'StepAbortedError';
  }
}

/** A component was called where there is no run. */
export class OutsidePipelineError extends HeadraceError {
  constructor(readonly component: string) {
    super(
      `component called outside a pipeline: ${component} runs only as a step of a run. Call it in the function that you give to pipeline(…), or export the plain function beside the component and call that`,
    );
  }

  override get name(): string {
    return 'OutsidePipelineError';
  }
}

/** A component was called in a component's function. */
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

/** A pipeline was called in a pipeline's or a component's function. */
export class NestedPipelineError extends HeadraceError {
  constructor(readonly pipeline: string) {
    super(
      `pipeline ${pipeline} was called inside a run: a run cannot start runs. Share a plain function between the pipelines and call its components there`,
    );
  }

  override get name(): string {
    return 'NestedPipelineError';
  }
}

/** A Lazy was used as if it were its value. */
export class LazyUsedAsValueError extends HeadraceError {
  constructor(readonly step: string) {
    super(
      `the result of step ${step} was used as a value before it is there: await it first, as in 100 * (await accuracy)`,
    );
  }

  override get name(): string {
    return 'LazyUsedAsValueError';
  }
}

/** `currentStep()` was called, or something uploaded, where no step runs. */
export class OutsideStepError extends HeadraceError {
  constructor(readonly what: string) {
    super(`${what} was called outside a step: call it in a component's function`);
  }

  override get name(): string {
    return 'OutsideStepError';
  }
}

/** A component's function returned something else than one value for each of several `returnValues`. */
export class ReturnValuesError extends HeadraceError {
  constructor(
    readonly component: string,
    readonly returnValues: readonly string[],
    /** What came, as in `an array of 3` or `a string`. */
    readonly returned: string,
  ) {
    super(
      `component ${component} must return an array of ${returnValues.length} values (${returnValues.join(', ')}), and returned ${returned}`,
    );
  }

  override get name(): string {
    return 'ReturnValuesError';
  }
}

/** An option of a component or pipeline is unknown or has a value that it cannot have. */
export class OptionError extends HeadraceError {
  constructor(
    /** The option's name, with the place inside it: `cache.ttl`. */
    readonly option: string,
    /** Whose option, as in `component stepOne`. */
    readonly owner: string,
    readonly reason: string,
  ) {
    super(`option ${option} of ${owner}: ${reason}`);
  }

  override get name(): string {
    return 'OptionError';
  }
}

/** Something was declared in a way that cannot be bundled or named. */
export class DeclarationError extends HeadraceError {
  override get name(): string {
    return 'DeclarationError';
  }
}

/** `sleep` was asked for something that is no duration. */
export class DurationError extends HeadraceError {
  constructor(readonly duration: unknown) {
    super(
      `${typeof duration === 'string' ? JSON.stringify(duration) : String(duration)} is no duration: give milliseconds as a number, or a text as in '500ms', '5s', '2m', '1h', '1d'`,
    );
  }

  override get name(): string {
    return 'DurationError';
  }
}

/** The program that wants a run asks for something that there is not. */
export class ProgramError extends HeadraceError {
  override get name(): string {
    return 'ProgramError';
  }
}

/** A step waits for a parent, by the option `parents`, that never comes. */
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

/** The run that a program started did not complete. `cause` is what ended it. */
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
