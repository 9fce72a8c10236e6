/**
 * The place of the pointer, for all charts with the same axis.
 *
 * @module
 */

type Listener = (x: number | null) => void;

const LISTENERS = new Map<string, Set<Listener>>();

/** Notifies the charts with the same cursor. Null: the pointer has left. */
export function moveCursor(cursor: string, x: number | null): void {
  for (const listener of LISTENERS.get(cursor) ?? []) listener(x);
}

/** Returns what ends the notifications. */
export function onCursor(cursor: string, listener: Listener): () => void {
  const listeners = LISTENERS.get(cursor) ?? new Set();
  LISTENERS.set(cursor, listeners.add(listener));
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) LISTENERS.delete(cursor);
  };
}
