/**
 * The port to idempotency keys: what a create with a key made, so that the same request makes it once.
 *
 * @module
 */
export interface IdempotencyClaim {
  /** A hash of the request: another request under the same key is a mistake of the caller. */
  readonly requestHash: string;
  /** The id of what the request makes. */
  readonly createdId: string;
}

export interface IdempotencyKeys {
  /**
   * Claims `key`, or finds it claimed: the answer is the claim that stands, which is the first. It stands for a day at the least.
   * Whoever claims makes `subject` afterwards, and so does whoever finds the claim: making it twice must be harmless.
   */
  claim(key: string, claim: IdempotencyClaim): Promise<IdempotencyClaim>;
}
