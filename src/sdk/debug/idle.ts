/**
 * Ends a wait in debug mode that can never end: the process has nothing left to do.
 *
 * @module
 */

interface Wait {
  end: () => void;
}

export class IdleWatch {
  readonly #waits: Wait[] = [];
  /** The latest wait is the innermost: the logic waits for a step, a step for its callback. */
  readonly #onIdle = (): void => this.#waits.at(-1)?.end();

  constructor() {
    process.on('beforeExit', this.#onIdle);
  }

  /** Settles as the promise does. Rejects with the error if nothing can settle the promise. */
  async until<T>(promise: PromiseLike<T>, createError: () => unknown): Promise<T> {
    const wait: Wait = { end: () => undefined };
    const idle = new Promise<never>((_, reject) => {
      wait.end = () => reject(createError());
    });
    this.#waits.push(wait);
    try {
      return await Promise.race([promise, idle]);
    } finally {
      this.#waits.splice(this.#waits.indexOf(wait), 1);
    }
  }

  close(): void {
    process.off('beforeExit', this.#onIdle);
  }
}
