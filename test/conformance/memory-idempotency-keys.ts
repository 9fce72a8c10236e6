/**
 * Idempotency keys in memory.
 *
 * @module
 */
import type { IdempotencyClaim, IdempotencyKeys } from '../../src/ports/idempotency-keys.ts';
import { frozen } from './frozen.ts';

export class MemoryIdempotencyKeys implements IdempotencyKeys {
  readonly #claims = new Map<string, IdempotencyClaim>();

  async claim(key: string, claim: IdempotencyClaim): Promise<IdempotencyClaim> {
    const first = this.#claims.get(key) ?? frozen(claim);
    this.#claims.set(key, first);
    return first;
  }
}
