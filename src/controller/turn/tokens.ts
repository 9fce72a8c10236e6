/**
 * The comparison of the tokens by which messages of steps are authenticated.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';

export function isSameToken(received: string, expected: string): boolean {
  const a = Buffer.from(received);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
