/**
 * The promises of a plain run that have no handler, and their rejections.
 *
 * It does not use the reports of Node.js, as the evaluator does: the interpreter names each such
 * promise, and the moment when it gets a handler.
 *
 * @module
 */

import type { Command } from '../../src/model/history.ts';

interface Rejection {
  readonly reason: unknown;
  readonly isObserved: () => boolean;
}

interface StepFailure {
  readonly call: number;
  /** The step that failed; null if the call was skipped by its callback. */
  readonly step: string | null;
}

export class PlainRejections {
  #rejections: Rejection[] = [];
  readonly #failureByError = new WeakMap<object, StepFailure>();
  readonly #reportedCalls = new Set<number>();
  readonly #unhandledSteps = new Set<string>();

  /** Returns the function that marks the promise as observed. */
  watch(promise: Promise<unknown>): () => void {
    let observed = false;
    promise.catch((reason: unknown) => {
      this.#rejections.push({ reason, isObserved: () => observed });
    });
    return () => {
      observed = true;
    };
  }

  /** The error with which the call rejects. */
  register(error: object, failure: StepFailure): void {
    this.#failureByError.set(error, failure);
  }

  /** The failed steps whose error reached no handler. */
  get unhandledSteps(): ReadonlySet<string> {
    return this.#unhandledSteps;
  }

  /** A step that was skipped because of this one is awaited. */
  handle(step: string): void {
    this.#unhandledSteps.delete(step);
  }

  /**
   * Decides about the rejections so far. Returns a command for each call whose error is among them,
   * and the first other reason.
   */
  conclude(): { readonly commands: readonly Command[]; readonly error: unknown } {
    const commands: Command[] = [];
    let error: unknown;
    for (const { reason, isObserved } of this.#rejections) {
      if (isObserved()) continue;
      const failure =
        typeof reason === 'object' && reason !== null
          ? this.#failureByError.get(reason)
          : undefined;
      if (failure === undefined) error ??= reason;
      else if (!this.#reportedCalls.has(failure.call)) {
        this.#reportedCalls.add(failure.call);
        commands.push({ kind: 'unhandled', call: failure.call });
        if (failure.step !== null) this.#unhandledSteps.add(failure.step);
      }
    }
    this.#rejections = [];
    return { commands, error };
  }
}
