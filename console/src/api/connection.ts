/**
 * Whether the server can be reached. What is shown stays; requests are repeated.
 *
 * @module
 */

let isLost = false;
const listeners = new Set<() => void>();

/** Called after each request. */
export function setConnectionLost(value: boolean): void {
  if (isLost === value) return;
  isLost = value;
  for (const listener of listeners) listener();
}

export const isConnectionLost = (): boolean => isLost;

/** Calls `listener` after each change. Returns a function that stops this. */
export function onConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
