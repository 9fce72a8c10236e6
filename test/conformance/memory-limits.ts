/**
 * Limits of concurrency in memory. Numbers are invariants of the port.
 *
 * @module
 */
import type { LimitState } from '../../src/model/limit-state.ts';
import type { Limits, StoredLimit } from '../../src/ports/limits.ts';
import { frozen } from './frozen.ts';

export class MemoryLimits implements Limits {
  readonly #limits = new Map<string, StoredLimit>();
  #writes = 0;

  async read(key: string): Promise<StoredLimit | undefined> {
    return this.#limits.get(key);
  }

  async write(
    key: string,
    state: LimitState | undefined,
    version: string | undefined,
  ): Promise<boolean> {
    if (this.#limits.get(key)?.version !== version) return false;
    this.#writes += 1;
    if (state === undefined) this.#limits.delete(key);
    else this.#limits.set(key, frozen({ version: `${this.#writes}`, state }));
    return true;
  }

  /** All keys with their states, for checks. */
  get all(): ReadonlyMap<string, StoredLimit> {
    return this.#limits;
  }
}
