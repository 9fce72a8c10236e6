/**
 * Queues with a limit to how much runs at once: first in, first out, each queue for itself.
 *
 * @module
 */
export interface Lanes<T> {
  /** Starts the item now, or when it is its turn. */
  add(queue: string, item: T): void;
  /** An item of this queue that was started is over. */
  release(queue: string): void;
}

interface Lane<T> {
  readonly limit: number;
  running: number;
  waiting: T[];
  /** Of the first in `waiting`: taking from the front of a long array is not free. */
  head: number;
}

const COMPACT = 1024;

/** @param start Starts the item; false if it is no longer wanted. */
export function createLanes<T>(
  limitOf: (queue: string) => number,
  start: (item: T) => boolean,
): Lanes<T> {
  const lanes = new Map<string, Lane<T>>();

  function laneOf(queue: string): Lane<T> {
    const lane = lanes.get(queue) ?? { limit: limitOf(queue), running: 0, waiting: [], head: 0 };
    lanes.set(queue, lane);
    return lane;
  }

  function advance(lane: Lane<T>): void {
    while (lane.running < lane.limit && lane.head < lane.waiting.length) {
      const item = lane.waiting[lane.head];
      lane.head += 1;
      if (lane.head >= COMPACT && lane.head * 2 > lane.waiting.length) {
        lane.waiting = lane.waiting.slice(lane.head);
        lane.head = 0;
      }
      if (item === undefined) continue;
      lane.running += 1;
      if (!start(item)) lane.running -= 1;
    }
  }

  return {
    add(queue, item) {
      const lane = laneOf(queue);
      lane.waiting.push(item);
      advance(lane);
    },
    release(queue) {
      const lane = laneOf(queue);
      lane.running -= 1;
      advance(lane);
    },
  };
}
