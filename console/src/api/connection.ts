/**
 * Whether the server can be reached, and accepts requests. What is shown stays; requests are repeated.
 *
 * @module
 */

let isLost = false;
let paused = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

const notify = () => {
  for (const listener of listeners) listener();
};

/** Called after each request. */
export function setConnectionLost(value: boolean): void {
  if (isLost === value) return;
  isLost = value;
  notify();
}

export const isConnectionLost = (): boolean => isLost;

/** The service refused a request, and accepts it after this time. */
export function setPaused(ms: number): void {
  paused = ms;
  clearTimeout(timer);
  timer = setTimeout(() => {
    paused = 0;
    notify();
  }, ms);
  notify();
}

/** Milliseconds that the service has named; 0 when they are over. */
export const pausedMs = (): number => paused;

/** Calls `listener` after each change. Returns a function that stops this. */
export function onConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
