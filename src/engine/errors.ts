/**
 * What a caller of the engine can act on.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';

/** The engine goes, whatever is left to do. */
export class EngineClosedError extends HeadraceError {
  constructor() {
    super('the engine is closed');
  }
}

/** What a job said did not get on record. */
export class MessageNotRecordedError extends HeadraceError {
  constructor() {
    super('it could not be put on record');
  }
}

export class RunOwnedError extends HeadraceError {
  constructor(
    readonly run: RunId,
    readonly pid: number,
  ) {
    super(
      `run ${run} is being moved by process ${pid}: wait for it, or abort it with \`headrace runs abort ${run}\``,
    );
  }
}
