/**
 * The promises of the logic that were rejected without a handler, as the host reports them.
 *
 * A rejection with the error of a step is a failure of that step, so that the step's options decide
 * whether it fails the run. Any other rejection is a failure of the logic.
 *
 * @module
 */
import { UnhandledRejectionError } from '../errors.ts';
import { callOfError } from './call.ts';
import { failedUpload } from './uploads.ts';

interface Thrown {
  readonly thrown: unknown;
}

export interface TakenRejections {
  /** The steps whose errors reached no handler, each once in the life of the logic. */
  readonly calls: readonly number[];
  readonly errors: {
    /** The first of all, a step's error included. */
    readonly first: Thrown | undefined;
    /** The first that is not the error of a step. */
    readonly other: Thrown | undefined;
  };
}

export class UnhandledRejections {
  readonly #reportedCalls = new Set<number>();
  #calls: number[] = [];
  #first: Thrown | undefined;
  #other: Thrown | undefined;

  add(reason: unknown): void {
    const call = callOfError(reason);
    if (call === undefined) {
      this.#other ??= { thrown: new UnhandledRejectionError(reason) };
      this.#first ??= this.#other;
      return;
    }
    this.#first ??= { thrown: reason };
    if (this.#reportedCalls.has(call)) return;
    this.#reportedCalls.add(call);
    this.#calls.push(call);
  }

  /** Returns what was added since the last time. */
  take(): TakenRejections {
    for (let upload = failedUpload(); upload !== undefined; upload = failedUpload())
      this.add(upload.error);
    const taken = { calls: this.#calls, errors: { first: this.#first, other: this.#other } };
    this.#calls = [];
    this.#first = undefined;
    this.#other = undefined;
    return taken;
  }
}
