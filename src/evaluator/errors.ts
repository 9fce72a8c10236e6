/**
 * Why an evaluation cannot go on. Each ends its run as failed.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** The logic ran on without ever waiting for a step. */
export class LogicTimeoutError extends HeadraceError {
  constructor(readonly timeoutMs: number) {
    super(
      `the pipeline's logic ran for ${timeoutMs / 1000} s without waiting for a step: it holds a loop without an end, or a computation that is too long; move the computation into a component`,
    );
  }
}

/** The logic took more memory than it may. */
export class LogicMemoryError extends HeadraceError {
  constructor(readonly memoryMiB: number) {
    super(
      `the pipeline's logic took more than ${memoryMiB} MiB of memory: large data belongs into components, which pass it on without bringing it into the logic`,
    );
  }
}

/** The logic waits for something that no event of the run's history will bring. */
export class NonStepAwaitError extends HeadraceError {
  constructor() {
    super(
      "the pipeline's logic awaits something that is not a step: all that it called has ended, and it still waits. A timer, a request or a file has no place in the logic: move it into a component (to wait, use sleep)",
    );
  }
}

/** A replay issued another command than the one on record in its place. */
export class DivergenceError extends HeadraceError {
  constructor(
    /** The command's number; undefined: the replay came to its end without it. */
    readonly command: number | undefined,
    /** Events that the logic had been told of. */
    readonly position: number,
    readonly recorded: string,
    readonly issued: string | undefined,
  ) {
    super(
      `the pipeline's logic diverged from its history ${command === undefined ? '' : `at command ${command}, `}after ${position} events. Recorded: ${describeSignature(recorded)}. Now: ${issued === undefined ? 'nothing' : describeSignature(issued)}. The logic must do the same each time that it is replayed: it may depend on the run's arguments and on the results of steps, not on anything outside`,
    );
  }
}

const CALL_SIGNATURE = /^call(\*?) ([^[#]*?)(#[0-9a-f]{32})?((?:\[|cbor:| \[).*)?$/s;

/** A signature in words. */
function describeSignature(signature: string): string {
  const [, awaited, component, hash, args] = CALL_SIGNATURE.exec(signature) ?? [];
  if (component === undefined) return signature;
  const text = args?.trim() ?? (hash === undefined ? '' : `of the hash ${hash.slice(1)}`);
  return `a call of ${component} with the arguments ${text}${awaited === '*' ? ', awaited' : ''}`;
}

/** The events of the history are not such as this logic can have caused. */
export class HistoryMismatchError extends HeadraceError {
  constructor(
    readonly position: number,
    reason: string,
  ) {
    super(
      `event ${position} of the run's history does not fit the pipeline's logic: ${reason}. The code is not the one that the run began with, or it did not do the same again`,
    );
  }
}

/** The bundle of the logic cannot be loaded. `thrown` names the error, if its top level threw one. */
export class LogicLoadError extends HeadraceError {
  constructor(
    message: string,
    readonly thrown?: string,
  ) {
    super(message);
  }
}

/** The logic called without end, awaiting nothing. */
export class RunawayLogicError extends HeadraceError {
  constructor() {
    super(
      "the pipeline's logic made more calls without awaiting one than can be kept: a loop without an end, or one that should await its steps",
    );
  }
}

/** What came out of the context is nothing that the replay SDK says. */
export class TamperedContextError extends HeadraceError {
  constructor(what: string, thrown?: string) {
    super(
      `the pipeline's logic answered with something that is no ${what}${thrown === undefined ? '' : ` (${thrown})`}: its code tampers with the objects that Headrace relies on`,
    );
  }
}

/** The evaluator's thread failed: not the logic's fault. */
export class EvaluatorThreadError extends HeadraceError {
  constructor(reason = 'it ended') {
    super(`the thread that runs the pipelines' logic failed: ${reason}`);
  }
}
