/**
 * Deep equality as `node:util` and `node:assert` define it, strict or legacy.
 *
 * @module
 */

/** Pairs that are being compared, for values that contain themselves. */
type Pairs = Map<object, object>;

/** `isDeepStrictEqual` and `assert.deepStrictEqual`. */
export const isDeepStrictEqual = (one: unknown, other: unknown): boolean =>
  new Comparison(true).equal(one, other);

/** The legacy `assert.deepEqual`: primitives by `==`, without prototypes and symbols. */
export const isDeepLooseEqual = (one: unknown, other: unknown): boolean =>
  new Comparison(false).equal(one, other);

/** The legacy `assert.equal`: `==`, and NaN equals itself. */
export const isLooseEqual = (one: unknown, other: unknown): boolean =>
  // biome-ignore lint/suspicious/noDoubleEquals: it is what the legacy function does
  one == other || (Number.isNaN(one) && Number.isNaN(other));

const tagOf = (value: object): string => Object.prototype.toString.call(value);

class Comparison {
  readonly #strict: boolean;
  readonly #pairs: Pairs = new Map();

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  equal(one: unknown, other: unknown): boolean {
    if (Object.is(one, other)) return true;
    if (!isObject(one) || !isObject(other))
      return (
        !this.#strict &&
        !isObject(one) &&
        !isObject(other) &&
        typeof one !== 'function' &&
        typeof other !== 'function' &&
        isLooseEqual(one, other)
      );
    if (this.#strict && Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
    if (tagOf(one) !== tagOf(other) || Array.isArray(one) !== Array.isArray(other)) return false;
    if (this.#pairs.get(one) === other) return true;
    this.#pairs.set(one, other);
    const equal = this.#sameContent(one, other) && this.#sameProperties(one, other);
    this.#pairs.delete(one);
    return equal;
  }

  /** What is not a property: the content of dates, buffers, collections and the like. */
  #sameContent(one: object, other: object): boolean {
    if (one instanceof Date)
      return other instanceof Date && Object.is(one.getTime(), other.getTime());
    if (one instanceof RegExp)
      return (
        other instanceof RegExp &&
        String(one) === String(other) &&
        one.lastIndex === other.lastIndex
      );
    if (one instanceof Error) return other instanceof Error && this.#sameErrors(one, other);
    if (ArrayBuffer.isView(one)) return ArrayBuffer.isView(other) && this.#sameBytes(one, other);
    if (one instanceof ArrayBuffer)
      return (
        other instanceof ArrayBuffer && this.#sameBytes(new Uint8Array(one), new Uint8Array(other))
      );
    if (one instanceof Set) return other instanceof Set && this.#sameSets(one, other);
    if (one instanceof Map) return other instanceof Map && this.#sameMaps(one, other);
    if (isBoxed(one)) return isBoxed(other) && Object.is(one.valueOf(), other.valueOf());
    return !(one instanceof WeakMap || one instanceof WeakSet || one instanceof Promise);
  }

  #sameErrors(one: Error, other: Error): boolean {
    return (
      one.name === other.name &&
      one.message === other.message &&
      ['cause', 'errors'].every(
        (key) =>
          Object.hasOwn(one, key) === Object.hasOwn(other, key) &&
          this.equal(Reflect.get(one, key), Reflect.get(other, key)),
      )
    );
  }

  #sameBytes(one: ArrayBufferView, other: ArrayBufferView): boolean {
    if (one.byteLength !== other.byteLength) return false;
    if (!this.#strict && (one instanceof Float32Array || one instanceof Float64Array)) {
      const numbers = other as typeof one;
      return one.every((value, index) => value === numbers[index]);
    }
    const bytes = bytesOf(other);
    return bytesOf(one).every((byte, index) => byte === bytes[index]);
  }

  /** Each member has a counterpart of its own. */
  #sameSets(one: ReadonlySet<unknown>, other: ReadonlySet<unknown>): boolean {
    if (one.size !== other.size) return false;
    const rest = new Set(other);
    for (const member of one) {
      if (rest.delete(member)) continue;
      const found = this.#find(rest, member, (each) => each);
      if (found === undefined) return false;
      rest.delete(found.item);
    }
    return true;
  }

  #sameMaps(one: ReadonlyMap<unknown, unknown>, other: ReadonlyMap<unknown, unknown>): boolean {
    if (one.size !== other.size) return false;
    const rest = new Map(other);
    for (const [key, value] of one) {
      if (rest.has(key) && this.equal(value, rest.get(key))) {
        rest.delete(key);
        continue;
      }
      const found = this.#find(rest, [key, value], ([k, v]) => [k, v]);
      if (found === undefined) return false;
      rest.delete(found.item[0]);
    }
    return true;
  }

  /** An item whose value equals the wanted one. */
  #find<T>(
    items: Iterable<T>,
    wanted: unknown,
    partOf: (item: T) => unknown,
  ): { readonly item: T } | undefined {
    for (const item of items) if (this.equal(wanted, partOf(item))) return { item };
    return undefined;
  }

  #sameProperties(one: object, other: object): boolean {
    const keys = this.#keysOf(one);
    if (Array.isArray(one) && Array.isArray(other) && one.length !== other.length) return false;
    return (
      keys.length === this.#keysOf(other).length &&
      keys.every(
        (key) =>
          Object.prototype.propertyIsEnumerable.call(other, key) &&
          this.equal(Reflect.get(one, key), Reflect.get(other, key)),
      )
    );
  }

  /** Own enumerable keys; those of bytes and characters were compared. */
  #keysOf(value: object): readonly PropertyKey[] {
    const isIndexed = ArrayBuffer.isView(value) || value instanceof String;
    const keys = Object.keys(value).filter((key) => !isIndexed || !/^\d+$/.test(key));
    if (!this.#strict) return keys;
    const symbols = Object.getOwnPropertySymbols(value).filter((symbol) =>
      Object.prototype.propertyIsEnumerable.call(value, symbol),
    );
    return [...keys, ...symbols];
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isBoxed = (value: object): boolean =>
  /^\[object (?:Number|String|Boolean|BigInt|Symbol)\]$/.test(tagOf(value)) &&
  typeof value.valueOf() !== 'object';

const bytesOf = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
