/**
 * Holds calls of ports until the world releases them, so that batches of several runs interleave
 * call by call.
 *
 * @module
 */

export interface HeldCall {
  /** The number of the process that makes the call. */
  readonly process: number;
  readonly call: string;
  readonly release: () => void;
}

export class CallGate {
  #held: HeldCall[] = [];

  get size(): number {
    return this.#held.length;
  }

  /** Resolves when the call is released. */
  hold(process: number, call: string): Promise<void> {
    return new Promise((resolve) => {
      this.#held.push({ process, call, release: () => resolve() });
    });
  }

  /** Removes one held call; the caller releases it. */
  take(index: number): HeldCall | undefined {
    return this.#held.splice(index, 1)[0];
  }

  releaseAll(): void {
    const held = this.#held;
    this.#held = [];
    for (const { release } of held) release();
  }
}
