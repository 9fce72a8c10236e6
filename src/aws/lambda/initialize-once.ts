/**
 * Initializes a value once in the lifetime of a function's instance. The initialization starts when
 * the function is loaded, and is repeated if it failed.
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
  // A caller of `get` receives the error.
  get().catch(() => undefined);
  return get;
}
