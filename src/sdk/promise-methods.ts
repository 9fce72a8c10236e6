/**
 * A call of a pipeline has the type of a promise, so its Lazy has the methods of one.
 *
 * @module
 */

/** Adds `catch` and `finally` to the Lazy, which it returns. */
export function withPromiseMethods<T>(lazy: T): T {
  const settled = async (): Promise<unknown> => await lazy;
  return Object.defineProperties(lazy, {
    catch: { value: (onError?: (error: unknown) => unknown) => settled().catch(onError) },
    finally: { value: (onEnd?: () => void) => settled().finally(onEnd) },
  });
}
