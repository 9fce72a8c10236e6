/**
 * Takes large parts out of a list of arguments, so that calls that share a large value share its
 * stored form.
 *
 * 1. The parts follow from the arguments alone: equal lists have equal parts.
 * 2. A part is as small as it can be: an element of a short list, or a property of a small object,
 *    is a part of its own. A list or an object with more entries is one part.
 * 3. A part contains no Lazy.
 *
 * @module
 */
import type { InlineValue, Ref } from '../model/value.ts';
import { toBase64 } from './base64.ts';
import { toBytes } from './cbor.ts';
import type { PathPart } from './errors.ts';
import type { PartMemo } from './part-memo.ts';
import { classify, NO_LAZIES } from './to-cbor.ts';
import { isPlainArray, isPlainObject } from './value-kinds.ts';

/** A part whose encoded text is longer than this is taken out. */
export const MAX_WHOLE_LENGTH = 16_384;
/** The most parts of one list, or of one object in it. */
const MAX_PARTS = 16;
/** Lists and objects with more entries are not divided. */
const MAX_ENTRIES = 64;
/** Lists and objects inside each other that are divided. */
const MAX_DIVIDED_DEPTH = 4;

export interface LargePart {
  /** Where the part belongs, from the list of arguments on. */
  readonly path: Ref['path'];
  readonly value: InlineValue;
}

export const NO_PARTS: readonly LargePart[] = [];

export interface DividedArguments {
  /** A copy with `null` in the place of each part; `converted` itself if there is none. */
  readonly rest: readonly unknown[];
  readonly parts: readonly LargePart[];
}

/**
 * @param args as the logic passed them
 * @param converted `args` as `toCborValue` converts them, or `args` itself if they are pure JSON
 */
export function divideArguments(
  args: readonly unknown[],
  converted: readonly unknown[],
  options: DivisionOptions = {},
): DividedArguments {
  const division = new Division(options);
  const { rest } = division.divide(args, converted);
  return division.parts.length > 0 && Array.isArray(rest)
    ? { rest, parts: division.parts }
    : { rest: converted, parts: NO_PARTS };
}

interface DivisionOptions {
  /** The paths of the Lazies in the arguments. */
  readonly lazyPaths?: readonly (readonly PathPart[])[];
  /** Whether a part may be a value that is not pure JSON. */
  readonly mayBeCbor?: boolean;
  readonly memo?: PartMemo | undefined;
}

interface Divided {
  readonly rest: unknown;
  /** The length of the text that remains in place. */
  readonly length: number;
}

class Division {
  readonly parts: LargePart[] = [];
  /** The paths of all lists and objects that contain a Lazy. */
  readonly #pinned = new Set<string>();
  readonly #path: (string | number)[] = [];
  readonly #mayBeCbor: boolean;
  readonly #memo: PartMemo | undefined;

  constructor({ lazyPaths = [], mayBeCbor = false, memo }: DivisionOptions) {
    this.#mayBeCbor = mayBeCbor;
    this.#memo = memo;
    for (const path of lazyPaths)
      for (let length = 0; length <= path.length; length++)
        this.#pinned.add(JSON.stringify(path.slice(0, length)));
  }

  divide(original: unknown, converted: unknown): Divided {
    const short = shortLength(original);
    if (short !== undefined) return { rest: converted, length: short };
    const entries =
      this.#path.length > MAX_DIVIDED_DEPTH ? undefined : entriesOf(original, converted);
    return entries === undefined
      ? this.#divideWhole(original, converted)
      : this.#divideEntries(original, converted, entries);
  }

  #divideWhole(original: unknown, converted: unknown): Divided {
    if (this.#isPinned()) return { rest: converted, length: MAX_WHOLE_LENGTH };
    let value = this.#memo?.get(original);
    if (value === undefined) {
      value = this.#encode(original, converted);
      if (value.text.length <= MAX_WHOLE_LENGTH)
        return { rest: converted, length: value.text.length };
      this.#memo?.set(original, value);
    }
    this.parts.push({ path: [...this.#path], value });
    return { rest: null, length: 4 };
  }

  #divideEntries(original: unknown, converted: unknown, entries: readonly Entry[]): Divided {
    const partsBefore = this.parts.length;
    let length = 2;
    const rests: unknown[] = [];
    for (const { key, originalItem, convertedItem } of entries) {
      this.#path.push(key);
      const divided = this.divide(originalItem, convertedItem);
      this.#path.pop();
      rests.push(divided.rest);
      length += divided.length + (typeof key === 'string' ? key.length + 4 : 1);
    }
    const added = this.parts.length - partsBefore;
    if (added > MAX_PARTS) this.parts.length = partsBefore;
    else if (added > 0) return { rest: rebuilt(converted, entries, rests), length };
    return this.#path.length > 0 && (added > MAX_PARTS || length > MAX_WHOLE_LENGTH)
      ? this.#divideWhole(original, converted)
      : { rest: converted, length };
  }

  /** Pure JSON as its text, as every value is encoded; any other value as CBOR. */
  #encode(original: unknown, converted: unknown): InlineValue {
    return !this.#mayBeCbor || classify(original, NO_LAZIES) === 'json'
      ? { format: 'json', text: JSON.stringify(original) }
      : { format: 'cbor', text: toBase64(toBytes(converted)) };
  }

  #isPinned(): boolean {
    return this.#pinned.size > 0 && this.#pinned.has(JSON.stringify(this.#path));
  }
}

/** The approximate length of a text that is not long; undefined for any other value. */
function shortLength(value: unknown): number | undefined {
  if (typeof value === 'string')
    return value.length < MAX_WHOLE_LENGTH / 8 ? value.length + 2 : undefined;
  return typeof value === 'object' && value !== null ? undefined : 8;
}

interface Entry {
  readonly key: string | number;
  readonly originalItem: unknown;
  readonly convertedItem: unknown;
}

/** The entries of a list or object that is divided; undefined for any other value. */
function entriesOf(original: unknown, converted: unknown): readonly Entry[] | undefined {
  if (typeof original !== 'object' || original === null) return undefined;
  if (typeof converted !== 'object' || converted === null) return undefined;
  if (isPlainArray(original) && isPlainArray(converted)) {
    if (original.length > MAX_ENTRIES || converted.length !== original.length) return undefined;
    return converted.map((convertedItem, key) => ({
      key,
      originalItem: original[key],
      convertedItem,
    }));
  }
  if (Array.isArray(converted) || !isPlainObject(original) || !isPlainObject(converted))
    return undefined;
  const keys = Object.keys(converted);
  if (keys.length > MAX_ENTRIES) return undefined;
  return keys.map((key) => ({
    key,
    originalItem: Reflect.get(original, key),
    convertedItem: Reflect.get(converted, key),
  }));
}

const rebuilt = (
  converted: unknown,
  entries: readonly Entry[],
  rests: readonly unknown[],
): unknown =>
  Array.isArray(converted)
    ? rests
    : Object.fromEntries(entries.map(({ key }, index) => [key, rests[index]]));
