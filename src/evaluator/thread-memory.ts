/**
 * The memory that the logic of an evaluator's thread uses, typed arrays and other buffers included.
 * The limit of the thread's heap does not count those.
 *
 * 1. The check runs between two pieces of work, at most every few milliseconds, because it is slow.
 *    The host watches a single piece (`threaded-evaluator.ts`).
 * 2. An evaluation fails only for what it uses itself: before, all others are dropped, which a
 *    replay restores, and what nothing refers to is freed.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { LogicMemoryError } from './errors.ts';

const CHECK_INTERVAL_MS = 50;
const MIB = 2 ** 20;

export class ThreadMemory {
  readonly #limitMiB: number;
  readonly #dropOthers: () => void;
  #lastCheck = 0;

  /** @param dropOthers drops all evaluations except the current one */
  constructor(limitMiB: number, dropOthers: () => void) {
    this.#limitMiB = limitMiB;
    this.#dropOthers = dropOthers;
  }

  /** @throws LogicMemoryError */
  check(): void {
    const now = performance.now();
    if (now - this.#lastCheck < CHECK_INTERVAL_MS) return;
    this.#lastCheck = now;
    if (!this.#isExceeded()) return;
    this.#dropOthers();
    collectGarbage();
    if (this.#isExceeded()) throw new LogicMemoryError(this.#limitMiB);
  }

  #isExceeded(): boolean {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers > this.#limitMiB * MIB;
  }
}

let gc: (() => void) | undefined;

/** Frees everything that can be freed. Node.js has no other function for it. */
function collectGarbage(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = vm.runInNewContext('gc') as () => void;
  }
  // The buffers that the first one finds are freed by another thread, which the second one awaits.
  gc();
  gc();
}
