/**
 * Queues with a limit to how much runs at once: first in, first out, each queue for itself.
 *
 * @module
 */
export interface QueueLimiter<T> {
  /** Starts the item now, or when it is its turn. */
  add(queue: string, item: T): void;
  /** An item of this queue that was started is over. */
  release(queue: string): void;
}

interface QueueState<T> {
  readonly limit: number;
  running: number;
  waiting: T[];
  /** Of the first in `waiting`: taking from the front of a long array is not free. */
  nextIndex: number;
}

const COMPACT_AFTER_STARTS = 1024;

/** @param start Starts the item; false if it is no longer wanted. */
export function createQueueLimiter<T>(
  limitOf: (queue: string) => number,
  start: (item: T) => boolean,
): QueueLimiter<T> {
  const states = new Map<string, QueueState<T>>();

  function stateOf(queue: string): QueueState<T> {
    const state = states.get(queue) ?? {
      limit: limitOf(queue),
      running: 0,
      waiting: [],
      nextIndex: 0,
    };
    states.set(queue, state);
    return state;
  }

  function startWaiting(state: QueueState<T>): void {
    while (state.running < state.limit && state.nextIndex < state.waiting.length) {
      const item = state.waiting[state.nextIndex];
      state.nextIndex += 1;
      if (state.nextIndex >= COMPACT_AFTER_STARTS && state.nextIndex * 2 > state.waiting.length) {
        state.waiting = state.waiting.slice(state.nextIndex);
        state.nextIndex = 0;
      }
      if (item === undefined) continue;
      state.running += 1;
      if (!start(item)) state.running -= 1;
    }
  }

  return {
    add(queue, item) {
      const state = stateOf(queue);
      state.waiting.push(item);
      startWaiting(state);
    },
    release(queue) {
      const state = stateOf(queue);
      state.running -= 1;
      startWaiting(state);
    },
  };
}
