/**
 * Idempotency keys in memory.
 *
 * @module
 */
import type { Claim, Requests } from '../../src/ports/requests.ts';
import { frozen } from './frozen.ts';

export class MemoryRequests implements Requests {
  readonly #claims = new Map<string, Claim>();

  async claim(key: string, claim: Claim): Promise<Claim> {
    const standing = this.#claims.get(key) ?? frozen(claim);
    this.#claims.set(key, standing);
    return standing;
  }
}
