/**
 * Arrays of numbers that grow. The capacity doubles, so that appending stays cheap.
 *
 * @module
 */

type Numbers = Int32Array | Uint8Array | Float64Array;

const capacityFor = (wanted: number, present: number): number => Math.max(wanted, present * 2, 64);

/** Returns `array` if it has `wanted` elements, else a larger copy whose new elements are `fill`. */
export function grown<T extends Numbers>(array: T, wanted: number, fill: number): T;
export function grown(array: Numbers, wanted: number, fill: number): Numbers {
  if (array.length >= wanted) return array;
  const capacity = capacityFor(wanted, array.length);
  const larger =
    array instanceof Int32Array
      ? new Int32Array(capacity)
      : array instanceof Float64Array
        ? new Float64Array(capacity)
        : new Uint8Array(capacity);
  larger.set(array);
  if (fill !== 0) larger.fill(fill, array.length);
  return larger;
}

/** A list of 32-bit integers that grows at its end. */
export class IntList {
  #items = new Int32Array(4);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.#items = grown(this.#items, this.#length + 1, 0);
    this.#items[this.#length++] = value;
  }

  at(index: number): number {
    return this.#items[index] ?? -1;
  }

  /** The items, valid until the next `push`. */
  view(): Int32Array {
    return this.#items.subarray(0, this.#length);
  }
}
