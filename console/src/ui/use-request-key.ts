/**
 * Keys of requests that create something.
 *
 * @module
 */
import { useState } from 'react';
import { newIdempotencyKey } from '../api/run-actions.ts';

/** A key for a request with this content: a repetition after a lost answer has no second effect. */
export function useRequestKey(content: string): string {
  const [current, setCurrent] = useState(() => ({ content, key: newIdempotencyKey() }));
  if (current.content === content) return current.key;
  const next = { content, key: newIdempotencyKey() };
  setCurrent(next);
  return next.key;
}
