/**
 * Values of a plain run that are stored as objects: they are no part of the event, and each is
 * requested when it is first read.
 *
 * @module
 */
import { isStored, type Value } from '../../src/model/value.ts';
import type { PlainCallState } from './plain-call.ts';

export const storedPositions = (values: readonly Value[]): ReadonlySet<number> =>
  new Set(values.flatMap((value, position) => (isStored(value) ? [position] : [])));

/**
 * Calls `resolve` when the values have arrived.
 *
 * @param pendingReads receives the requests of values
 */
export function readValues(
  call: PlainCallState,
  stored: ReadonlySet<number>,
  positions: readonly number[],
  pendingReads: (() => void)[],
  resolve: () => void,
): void {
  const isMissing = (position: number): boolean =>
    stored.has(position) && !call.arrivedValues.has(position);
  const missing = positions.filter(isMissing);
  if (missing.length === 0) return resolve();
  for (const position of missing) {
    const onArrival = (): void => {
      call.arrivedValues.add(position);
      if (!positions.some(isMissing)) resolve();
    };
    const waiting = call.requestedValues.get(position);
    if (waiting !== undefined) waiting.push(onArrival);
    else {
      const waiters = [onArrival];
      call.requestedValues.set(position, waiters);
      pendingReads.push(() => {
        for (const waiter of waiters) waiter();
      });
    }
  }
}
