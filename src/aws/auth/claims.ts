/**
 * Compares the claims of a token with those that the configuration requires.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';
import type { RequiredClaims } from '../../model/required-claims.ts';

/**
 * A claim has to equal one of its accepted values. Of a claim that is a list, such as `groups`, one
 * item has to.
 *
 * @throws ClaimMismatchError
 */
export function requireClaims(payload: object, claims: RequiredClaims): void {
  const actual = new Map<string, unknown>(Object.entries(payload));
  for (const [claim, required] of Object.entries(claims)) {
    const accepted = new Set<unknown>([required].flat());
    if (![actual.get(claim)].flat().some((value) => accepted.has(value)))
      throw new ClaimMismatchError(claim);
  }
}

/** The token is valid, but its issuer does not state what the configuration requires. */
export class ClaimMismatchError extends HeadraceError {
  constructor(readonly claim: string) {
    super(`the claim ${claim} of the token has none of the values that api.auth.claims requires`);
  }
}
