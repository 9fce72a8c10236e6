/**
 * Lists in pages: the token is the index of the next item.
 *
 * @module
 */
import { Refusal } from './errors.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

export function page<T>(
  all: readonly T[],
  {
    maxResults = 100,
    nextToken,
  }: { maxResults?: number | undefined; nextToken?: string | undefined },
): Page<T> {
  const from = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isSafeInteger(from) || from < 0)
    throw new Refusal(`nextToken is not valid: ${nextToken}`);
  const to = from + Math.min(maxResults, 100);
  return { items: all.slice(from, to), ...(to < all.length && { nextToken: String(to) }) };
}
