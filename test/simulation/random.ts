/**
 * Repeatable random numbers.
 *
 * 1. `Random` is a stream: the same seed produces the same numbers in the same order. It makes
 *    plans.
 * 2. `roll` has no order: the same seed and labels produce the same number, regardless of other
 *    calls. It decides fates while a world runs, so that a reduced world has the fates of the
 *    original one.
 *
 * @module
 */

const START = 0x811c9dc5;

/** FNV-1a. */
const add = (h: number, part: number): number => Math.imul(h ^ part, 0x01000193);

function addText(h: number, text: string): number {
  let sum = h;
  for (let i = 0; i < text.length; i += 1) sum = add(sum, text.charCodeAt(i));
  return sum;
}

/** The finisher of MurmurHash3. */
function finish(h: number): number {
  let mixed = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A 32-bit hash of a text. */
export const hashOf = (text: string): number => finish(addText(START, text));

/**
 * The number from 0 (inclusive) to 1 (exclusive) of these labels. Numbers among the labels must be
 * integers.
 */
export function roll(seed: number, ...labels: readonly (string | number)[]): number {
  let h = finish(add(START, seed));
  for (const label of labels)
    h = typeof label === 'number' ? finish(add(h, label)) : addText(add(h, 0x7c), label);
  return finish(h) / 0x1_0000_0000;
}

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = hashOf(`stream ${seed}`);
  }

  /** From 0 (inclusive) to 1 (exclusive); mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.next() * from.length)];
    if (picked === undefined) throw new RangeError('the list is empty');
    return picked;
  }

  /** One of the keys, with a probability in proportion to its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const keys = Object.keys(weights) as K[];
    let left = this.next() * keys.reduce((sum, key) => sum + weights[key], 0);
    for (const key of keys) {
      left -= weights[key];
      if (left < 0) return key;
    }
    return this.pick(keys);
  }
}
