/**
 * What a function makes once and keeps for its instance's life: begun when it is loaded, begun again if that failed.
 *
 * @module
 */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  const get = (): Promise<T> => {
    if (made !== undefined) return made;
    const making = make();
    made = making;
    making.catch(() => {
      made = undefined;
    });
    return making;
  };
  // Whoever asks is told why it failed.
  get().catch(() => undefined);
  return get;
}
