/**
 * Splits what is sent into requests that a service accepts.
 *
 * @module
 */
export interface BatchLimits<T> {
  readonly maxItems: number;
  /** Of all items of a batch, measured by `bytesOf`. An item with more bytes is a batch alone. */
  readonly maxBytes: number;
  readonly bytesOf: (item: T) => number;
}

/** Consecutive batches, in order. */
export function* batchesWithin<T>(
  items: readonly T[],
  { maxItems, maxBytes, bytesOf }: BatchLimits<T>,
): Generator<readonly T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    if (batch.length > 0 && (batch.length === maxItems || bytes + size > maxBytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
