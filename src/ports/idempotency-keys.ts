/**
 * The port of idempotency keys, which make a repeated create request create once.
 *
 * @module
 */
export interface IdempotencyClaim {
  /** A hash of the request. Another request with the same key is an error of the caller. */
  readonly requestHash: string;
  /** The id of the resource that the request creates. */
  readonly createdId: string;
}

export interface IdempotencyKeys {
  /**
   * Claims `key`, and returns the first claim of it. A claim is stored for at least a day. The
   * caller creates `createdId` afterwards, also if an earlier request claimed the key: creating it
   * twice must be harmless.
   */
  claim(key: string, claim: IdempotencyClaim): Promise<IdempotencyClaim>;
}
