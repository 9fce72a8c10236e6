/**
 * Errors that stop an evaluation. Each one except `EvaluatorThreadError` fails the run.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** The logic ran for too long without awaiting a step. */
export class LogicTimeoutError extends HeadraceError {
  constructor(readonly timeoutMs: number) {
    super(
      `the pipeline's logic ran for ${timeoutMs / 1000} s without awaiting a step: it contains an endless loop, or a computation that is too long; move the computation into a component`,
    );
  }
}

/** The logic used more memory than its limit. */
export class LogicMemoryError extends HeadraceError {
  constructor(readonly memoryMiB: number) {
    super(
      `the pipeline's logic used more than ${memoryMiB} MiB of memory: process large data in components, which pass it on without loading it into the logic`,
    );
  }
}

/** A replay issued another command than the recorded one. */
export class DivergenceError extends HeadraceError {
  constructor(
    /** The number of the command; undefined if the replay did not issue it. */
    readonly command: number | undefined,
    /** The number of delivered events. */
    readonly position: number,
    readonly recorded: string,
    readonly issued: string | undefined,
  ) {
    super(
      `the pipeline's logic diverged from its history ${command === undefined ? '' : `at command ${command}, `}after ${position} events. Recorded: ${describeSignature(recorded)}. Now: ${issued === undefined ? 'nothing' : describeSignature(issued)}. The logic must do the same each time that it is replayed: it may depend on the run's arguments and on the results of steps only`,
    );
  }
}

const CALL_SIGNATURE = /^call(\*?) ([^[#]*?)(#[0-9a-f]{32})?((?:\[|cbor:| \[).*)?$/s;

/** Describes a signature for users. */
function describeSignature(signature: string): string {
  const [, awaited, component, hash, args] = CALL_SIGNATURE.exec(signature) ?? [];
  if (component === undefined) return signature;
  const text = args?.trim() ?? (hash === undefined ? '' : `of the hash ${hash.slice(1)}`);
  return `a call of ${component} with the arguments ${text}${awaited === '*' ? ', awaited' : ''}`;
}

/** The events of the history cannot belong to this logic. */
export class HistoryMismatchError extends HeadraceError {
  constructor(
    readonly position: number,
    reason: string,
  ) {
    super(
      `event ${position} of the run's history does not fit the pipeline's logic: ${reason}. The code is not the code that the run started with, or it did not behave in the same way again`,
    );
  }
}

/**
 * The bundle of the logic cannot be loaded. `thrown` is the name of the error that its top level
 * threw.
 */
export class LogicLoadError extends HeadraceError {
  constructor(
    message: string,
    readonly thrown?: string,
  ) {
    super(message);
  }
}

/** The logic issued too many calls without awaiting one. */
export class RunawayLogicError extends HeadraceError {
  constructor() {
    super(
      "the pipeline's logic made too many calls without awaiting one: it contains an endless loop, or a loop that should await its steps",
    );
  }
}

/** The context returned data that the replay SDK does not produce. */
export class TamperedContextError extends HeadraceError {
  constructor(what: string, thrown?: string) {
    super(
      `the pipeline's logic returned data that is not a valid ${what}${thrown === undefined ? '' : ` (${thrown})`}: its code changes objects that Headrace relies on`,
    );
  }
}

/** The evaluator's thread failed. The logic did not cause it. */
export class EvaluatorThreadError extends HeadraceError {
  constructor(reason = 'it exited') {
    super(`the thread that runs the pipelines' logic failed: ${reason}`);
  }
}
