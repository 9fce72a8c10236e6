/**
 * What a function makes once and keeps for its instance's life: begun when it is loaded, begun again if that failed.
 *
 * @module
 */
export function initializeOnce<T>(initialize: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  const get = (): Promise<T> => {
    if (current !== undefined) return current;
    const pending = initialize();
    current = pending;
    pending.catch(() => {
      current = undefined;
    });
    return pending;
  };
  // Whoever asks is told why it failed.
  get().catch(() => undefined);
  return get;
}
