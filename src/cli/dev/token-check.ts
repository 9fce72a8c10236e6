/**
 * The check of the token that requests to the local server carry.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import { ProblemError } from '../../api/problems.ts';

/** Returns a check that throws a 401 problem for a request without the token. */
export function createTokenCheck(token: string): (request: Request) => void {
  const hasToken = createTokenComparison(token);
  return (request) => {
    if (hasToken(request)) return;
    const detail =
      'send the token that is in the folder servers of the home, as in "Authorization: Bearer <token>"';
    throw new ProblemError(401, `Authorization: ${detail}`, [
      { in: 'header', field: 'Authorization', detail },
    ]);
  };
}

/** Returns whether a request carries the token. */
export function createTokenComparison(token: string): (request: Request) => boolean {
  const expected = Buffer.from(`Bearer ${token}`);
  return (request) => {
    const actual = Buffer.from(request.headers.get('authorization') ?? '');
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  };
}
