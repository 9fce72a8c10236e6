/**
 * Reads the start of CBOR (RFC 8949) as a preview. The bytes may end anywhere.
 *
 * 1. Values that are not shown are skipped without recursion, so that depth is no matter.
 * 2. No length in the bytes is trusted: what is allocated depends on the bytes that are there.
 * 3. Tags are those that the codec writes (`src/codec/cbor.ts`); the content of any other tag is
 *    shown without it.
 *
 * @module
 */
import type { PreviewValue } from '../model/preview.ts';
import {
  MAX_INNER_ITEMS,
  MAX_PREVIEW_DEPTH,
  numberValue,
  type PreviewBudget,
  type PreviewRange,
} from './budget.ts';
import { BREAK, CborBytes, EndOfBytes, type Head, MAJOR } from './cbor-bytes.ts';
import { MalformedContentError } from './errors.ts';
import type { ReadValue } from './json-reader.ts';
import {
  isTypedArrayTag,
  typedArrayLength,
  typedArrayNumbers,
  typedArrayType,
} from './typed-arrays.ts';

/**
 * The value at a path of keys and indices. In a Map it is the number of an entry.
 *
 * @throws MalformedContentError
 */
export function readCbor(
  bytes: Uint8Array,
  isWhole: boolean,
  path: readonly string[],
  range: PreviewRange,
  budget: PreviewBudget,
): ReadValue {
  const reader = new CborReader(bytes, budget, range);
  try {
    const value = reader.find(path);
    if (path.length === 0 && reader.rest > 0)
      throw new MalformedContentError('bytes follow its value');
    return { value, isCut: false };
  } catch (error) {
    if (!(error instanceof EndOfBytes)) throw error;
    if (isWhole) throw new MalformedContentError('it is not complete CBOR');
    return { value: reader.isFound ? error.partial : undefined, isCut: true };
  }
}

const HEADRACE_TAG_BASE = 0x6872_0000;
const TAG = {
  date: 0,
  invalidDate: 1,
  integer: 2,
  negativeInteger: 3,
  set: 258,
  map: 259,
  sparseArray: HEADRACE_TAG_BASE + 1,
  objectEntries: HEADRACE_TAG_BASE + 2,
  codeUnits: HEADRACE_TAG_BASE + 3,
  arrayBuffer: HEADRACE_TAG_BASE + 4,
  error: HEADRACE_TAG_BASE + 5,
} as const;

const MAX_TAGS = 8;
const HEX_BYTES = 64;
/** A longer integer is not converted to digits. */
const MAX_INTEGER_BYTES = 256;

class CborReader {
  readonly #bytes: CborBytes;
  readonly #budget: PreviewBudget;
  readonly #range: PreviewRange;
  /** The value at the path is being read. */
  isFound = false;

  constructor(bytes: Uint8Array, budget: PreviewBudget, range: PreviewRange) {
    this.#bytes = new CborBytes(bytes);
    this.#budget = budget;
    this.#range = range;
  }

  get rest(): number {
    return this.#bytes.rest;
  }

  /** @throws EndOfBytes */
  find(path: readonly string[]): PreviewValue | undefined {
    const [key, ...rest] = path;
    if (key === undefined) {
      this.isFound = true;
      return this.#value(0, true);
    }
    const { head, tag } = this.#taggedHead();
    const isPairs = head.major === MAJOR.map;
    if (head.major !== MAJOR.array && !isPairs) return undefined;
    for (let index = 0; this.#hasNext(head, index); index += 1) {
      if (tag === TAG.objectEntries) this.#bytes.head();
      const isNamed = (isPairs && tag !== TAG.map) || tag === TAG.objectEntries;
      const name = isPairs || tag === TAG.objectEntries ? this.#keyText() : undefined;
      if ((isNamed ? name : String(index)) === key) return this.find(rest);
      this.#bytes.skip();
    }
    return undefined;
  }

  #value(depth: number, isSelected = false): PreviewValue {
    const start = this.#bytes.at;
    const { head, tag } = this.#taggedHead();
    const tagged = tag === undefined ? undefined : this.#taggedValue(tag, head, depth, isSelected);
    if (tagged !== undefined) return tagged;
    switch (head.major) {
      case MAJOR.unsigned:
      case MAJOR.negative:
        return head.big === undefined
          ? numberValue(head.major === MAJOR.unsigned ? head.argument : -1 - head.argument)
          : {
              is: 'scalar',
              type: 'bigint',
              text: String(head.major === MAJOR.unsigned ? head.big : -1n - head.big),
            };
      case MAJOR.bytes:
        return this.#byteString(head);
      case MAJOR.text: {
        const { text, isWhole } = this.#text(head);
        const value = this.#budget.text(text, isWhole);
        if (!isWhole) throw new EndOfBytes(value);
        return value;
      }
      case MAJOR.array:
      case MAJOR.map: {
        const type = head.major === MAJOR.array ? 'array' : 'object';
        if (depth < MAX_PREVIEW_DEPTH && this.#budget.takeValue())
          return head.major === MAJOR.array
            ? this.#array(head, depth, isSelected)
            : this.#object(head, depth, isSelected);
        this.#bytes.at = start;
        this.#bytes.skip();
        return this.#budget.omitted(type, head.argument < 0 ? null : head.argument);
      }
      default:
        return this.#simple(head);
    }
  }

  /** The value of a tag of the codec; undefined if the tag has no meaning for its content. */
  #taggedValue(
    tag: number,
    head: Head,
    depth: number,
    isSelected: boolean,
  ): PreviewValue | undefined {
    if (isTypedArrayTag(tag) && head.major === MAJOR.bytes) return this.#typedArray(tag, head);
    if (tag === TAG.codeUnits && head.major === MAJOR.bytes) return this.#codeUnits(head);
    if (tag === TAG.arrayBuffer && head.major === MAJOR.bytes) return this.#byteString(head);
    if ((tag === TAG.integer || tag === TAG.negativeInteger) && head.major === MAJOR.bytes)
      return this.#bigInteger(head, tag === TAG.negativeInteger);
    if (tag === TAG.date && head.major === MAJOR.text)
      return { is: 'scalar', type: 'date', text: this.#wholeText(head).slice(0, 64) };
    if (tag === TAG.invalidDate) return this.#numericDate(head);
    if (tag === TAG.error && head.major === MAJOR.text) return this.#error(this.#wholeText(head));
    if (depth >= MAX_PREVIEW_DEPTH) return undefined;
    if (tag === TAG.set && head.major === MAJOR.array) {
      const { length, items } = this.#items(head, depth, isSelected);
      return { is: 'set', length, items };
    }
    if (tag === TAG.map && head.major === MAJOR.map) return this.#map(head, depth, isSelected);
    if (tag === TAG.objectEntries && head.major === MAJOR.array)
      return this.#object(head, depth, isSelected, true);
    return undefined;
  }

  #array(head: Head, depth: number, isSelected: boolean): PreviewValue {
    const { length, items } = this.#items(head, depth, isSelected);
    return { is: 'array', length, items };
  }

  #items(head: Head, depth: number, isSelected: boolean) {
    const items: PreviewValue[] = [];
    const length = this.#each(
      head,
      isSelected,
      () => items.push(this.#inner(depth, (value) => items.push(value))),
      () => this.#bytes.skip(),
      (count) => ({ is: 'array', length: count, items }),
    );
    return { length, items };
  }

  /** @param isList an array with an array of key and value for each property */
  #object(head: Head, depth: number, isSelected: boolean, isList = false): PreviewValue {
    const entries: [string, PreviewValue][] = [];
    const length = this.#each(
      head,
      isSelected,
      () => {
        if (isList) this.#bytes.head();
        const key = this.#budget.name(this.#keyText());
        entries.push([key, this.#inner(depth, (value) => entries.push([key, value]))]);
      },
      () => {
        this.#bytes.skip();
        if (!isList) this.#bytes.skip();
      },
      (count) => ({ is: 'object', length: count, entries }),
    );
    return { is: 'object', length, entries };
  }

  #map(head: Head, depth: number, isSelected: boolean): PreviewValue {
    const entries: [PreviewValue, PreviewValue][] = [];
    const length = this.#each(
      head,
      isSelected,
      () => {
        const key = this.#value(depth + 1);
        entries.push([key, this.#inner(depth, (value) => entries.push([key, value]))]);
      },
      () => {
        this.#bytes.skip();
        this.#bytes.skip();
      },
      (count) => ({ is: 'map', length: count, entries }),
    );
    return { is: 'map', length, entries };
  }

  /** A value inside of another. If the bytes end in it, its part is passed to `add`. */
  #inner(depth: number, add: (partial: PreviewValue) => void): PreviewValue {
    try {
      return this.#value(depth + 1);
    } catch (error) {
      if (error instanceof EndOfBytes && error.partial !== undefined) add(error.partial);
      throw error;
    }
  }

  /** Reads the items that are shown and skips the others. Returns how many there are. */
  #each(
    head: Head,
    isSelected: boolean,
    read: () => void,
    skip: () => void,
    partial: (length: number) => PreviewValue,
  ): number {
    const { from, limit } = isSelected ? this.#range : { from: 0, limit: MAX_INNER_ITEMS };
    let index = 0;
    try {
      for (; this.#hasNext(head, index); index += 1) {
        if (index >= from && index < from + limit && this.#budget.takeValue()) read();
        else {
          this.#budget.isExceeded = true;
          skip();
        }
      }
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error;
      throw new EndOfBytes(partial(head.argument));
    }
    return index;
  }

  #hasNext({ argument }: Head, index: number): boolean {
    if (argument >= 0) return index < argument;
    if (this.#bytes.peek() !== BREAK) return true;
    this.#bytes.at += 1;
    return false;
  }

  #byteString(head: Head): PreviewValue {
    if (head.argument < 0) throw new MalformedContentError('a byte string in it has no length');
    const value: PreviewValue = {
      is: 'bytes',
      length: head.argument,
      hex: Buffer.from(this.#bytes.available(Math.min(HEX_BYTES, head.argument))).toString('hex'),
    };
    if (head.argument > HEX_BYTES) this.#budget.isExceeded = true;
    this.#bytes.advance(head.argument, value);
    return value;
  }

  #typedArray(tag: number, head: Head): PreviewValue {
    if (head.argument < 0) throw new MalformedContentError('a typed array in it has no length');
    const length = typedArrayLength(tag, head.argument);
    const shown = Math.min(MAX_INNER_ITEMS, length);
    const value: PreviewValue = {
      is: 'typedArray',
      type: typedArrayType(tag),
      length,
      items: typedArrayNumbers(tag, this.#bytes.available(head.argument), shown),
    };
    if (length > shown) this.#budget.isExceeded = true;
    this.#bytes.advance(head.argument, value);
    return value;
  }

  /** UTF-16 units in the order of the machine that wrote them: all write the low byte first. */
  #codeUnits(head: Head): PreviewValue {
    const bytes = this.#bytes.available(head.argument);
    const text = Buffer.from(bytes).toString('utf16le');
    const value = this.#budget.text(text, bytes.length === head.argument);
    this.#bytes.advance(head.argument, value);
    return value;
  }

  #bigInteger(head: Head, isNegative: boolean): PreviewValue {
    if (head.argument < 0 || head.argument > MAX_INTEGER_BYTES) {
      this.#bytes.advance(Math.max(0, head.argument));
      return this.#budget.omitted('bigint');
    }
    const hex = Buffer.from(this.#bytes.take(head.argument)).toString('hex');
    const value = BigInt(`0x0${hex}`);
    return { is: 'scalar', type: 'bigint', text: String(isNegative ? -1n - value : value) };
  }

  #numericDate(head: Head): PreviewValue {
    const value = this.#bytes.scalarNumber(head);
    const date = new Date(value * 1000);
    const text = Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString();
    return { is: 'scalar', type: 'date', text };
  }

  #error(text: string): PreviewValue {
    let record: unknown;
    try {
      record = JSON.parse(text);
    } catch {
      record = undefined;
    }
    const field = (name: string): string => {
      const value: unknown =
        typeof record === 'object' && record !== null ? Reflect.get(record, name) : undefined;
      return typeof value === 'string' ? this.#budget.name(value) : '';
    };
    return { is: 'error', name: field('name'), message: field('message') };
  }

  #simple(head: Head): PreviewValue {
    if (head.major !== 7) throw new MalformedContentError('it is not CBOR');
    if (head.info === 20 || head.info === 21) return head.info === 21;
    if (head.info === 22) return null;
    if (head.info === 23) return { is: 'scalar', type: 'undefined', text: 'undefined' };
    if (head.info < 25) return { is: 'scalar', type: 'simple', text: String(head.argument) };
    return numberValue(this.#bytes.scalarNumber(head));
  }

  /** The key of an object as text. */
  #keyText(): string {
    const value = this.#value(MAX_PREVIEW_DEPTH);
    if (typeof value === 'string') return value;
    if (value !== null && typeof value === 'object')
      return value.is === 'text' || value.is === 'scalar' ? value.text : value.is;
    return String(value);
  }

  #wholeText(head: Head): string {
    const { text, isWhole } = this.#text(head);
    if (!isWhole) throw new EndOfBytes();
    return text;
  }

  #text(head: Head): { readonly text: string; readonly isWhole: boolean } {
    if (head.argument >= 0) return this.#chunk(head.argument);
    let text = '';
    while (this.#bytes.peek() !== BREAK) {
      const chunk = this.#bytes.head();
      if (chunk.major !== MAJOR.text || chunk.argument < 0)
        throw new MalformedContentError('a text in it has a part that is no text');
      const part = this.#chunk(chunk.argument);
      text += part.text;
      if (!part.isWhole) return { text, isWhole: false };
    }
    this.#bytes.at += 1;
    return { text, isWhole: true };
  }

  #chunk(length: number): { readonly text: string; readonly isWhole: boolean } {
    const bytes = this.#bytes.available(length);
    this.#bytes.at += bytes.length;
    return { text: Buffer.from(bytes).toString('utf8'), isWhole: bytes.length === length };
  }

  /** The head of the next value, behind its tags. */
  #taggedHead(): { readonly head: Head; readonly tag: number | undefined } {
    let tag: number | undefined;
    for (let tags = 0; tags <= MAX_TAGS; tags += 1) {
      const head = this.#bytes.head();
      if (head.major !== MAJOR.tag) return { head, tag };
      // Code units are in a typed array, which has a tag of its own.
      tag = tag === TAG.codeUnits ? tag : head.argument;
    }
    throw new MalformedContentError(`a value in it has more than ${MAX_TAGS} tags`);
  }
}
