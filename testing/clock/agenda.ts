/**
 * The agenda of virtual time: future actions, ordered by time, then by the order in which they were
 * added. It does not wait for a real clock.
 *
 * @module
 */
interface Item {
  readonly at: number;
  readonly order: number;
  readonly act: () => void | Promise<void>;
}

const before = (a: Item, b: Item): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class Agenda {
  readonly #heap: Item[] = [];
  #addedCount = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The time of the next action. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  add(at: number, act: () => void | Promise<void>): void {
    const item = { at, order: this.#addedCount, act };
    this.#addedCount += 1;
    const heap = this.#heap;
    heap.push(item);
    for (let i = heap.length - 1; i > 0; ) {
      const up = (i - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !before(item, parent)) break;
      heap[i] = parent;
      heap[up] = item;
      i = up;
    }
  }

  /** Removes and returns the next action. */
  take(): Item | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let i = 0;
    while (true) {
      const left = 2 * i + 1;
      const a = heap[left];
      const b = heap[left + 1];
      const smaller = b !== undefined && a !== undefined && before(b, a) ? left + 1 : left;
      const child = heap[smaller];
      if (child === undefined || !before(child, last)) break;
      heap[i] = child;
      i = smaller;
    }
    heap[i] = last;
    return first;
  }
}
