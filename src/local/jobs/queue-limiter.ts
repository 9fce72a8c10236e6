/**
 * Limits how many items of a queue run at once. Each queue starts its items first in, first out,
 * independently of the others.
 *
 * @module
 */
export interface QueueLimiter<T> {
  /** Starts the item now, or when a place in its queue is free. */
  add(queue: string, item: T): void;
  /** Frees the place of a started item of this queue. */
  release(queue: string): void;
}

interface QueueState<T> {
  readonly limit: number;
  running: number;
  waiting: T[];
  /** The index of the first waiting item. `shift` of a long array would cost more. */
  nextIndex: number;
}

const COMPACT_AFTER_STARTS = 1024;

/** @param start Starts the item. Returns false if it did not start and needs no place. */
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
