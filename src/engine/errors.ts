/**
 * Errors of the engine that its caller can act on.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';

/** The engine was closed while work was left. */
export class EngineClosedError extends HeadraceError {
  constructor() {
    super('the engine is closed');
  }
}

/** A message of a job was not recorded. */
export class MessageNotRecordedError extends HeadraceError {
  constructor() {
    super('the message could not be recorded');
  }
}

/** Another live process owns the run. */
export class RunOwnedError extends HeadraceError {
  constructor(
    readonly run: RunId,
    readonly pid: number,
  ) {
    super(
      `process ${pid} owns run ${run} and executes it: wait for the run, or abort it with \`headrace runs abort ${run}\``,
    );
  }
}

/** A mistake in the code of Headrace stopped a run: its transitions failed each time. */
export class EngineDefectError extends HeadraceError {
  constructor(cause: Error) {
    super(
      `the engine could not handle the run: ${cause.name}: ${cause.message}. Report this message with the code of the pipeline`,
    );
    this.cause = cause;
  }
}

/** Whether the error is a mistake in the code of Headrace, not a state of the machine. */
export const isDefect = (error: unknown): error is Error =>
  error instanceof Error &&
  !(error instanceof HeadraceError) &&
  (!('code' in error) || String(error.code).startsWith('ERR_INVALID_'));
