/**
 * Two walks over a value: a fast one decides whether it is pure JSON; a thorough one converts it
 * for CBOR, or names the part that cannot be serialized.
 *
 * 1. A value that `classify` finds to be JSON comes back from `JSON.parse(JSON.stringify(value))`
 *    as it was.
 * 2. `toCborValue` never changes the value; what it returns shares with it nothing that could be
 *    changed but raw bytes.
 * 3. Each Lazy is replaced by `null` and reported with its path, in the order of the walk.
 *
 * @module
 */
import { type ErrorRecordOptions, isError, toErrorRecord } from '../model/error-record.ts';
import {
  ArrayBufferContents,
  CodeUnits,
  NegativeZero,
  ObjectEntries,
  RecordedError,
  SparseArray,
  taggedDate,
  taggedInteger,
  taggedSet,
  taggedTypedArray,
} from './cbor.ts';
import { type PathPart, pathText, UnserializableValueError } from './errors.ts';
import {
  describe,
  isArrayBuffer,
  isBuffer,
  isDate,
  isMap,
  isPlainArray,
  isPlainObject,
  isSet,
  typedArrayKind,
} from './value-kinds.ts';

/**
 * What a Lazy stands for: the result of call `call`, or one of its values; `key` identifies it
 * without positions.
 */
export interface LazyTarget {
  readonly call: number;
  readonly value: number | null;
  readonly key: string;
}

/** Recognizes Lazies among objects and functions. */
export type LazyOf = (value: object) => LazyTarget | undefined;

export const NO_LAZIES: LazyOf = () => undefined;

/** Which stacks of errors are encoded. The logic encodes `recorded` ones only: it is replayed. */
export type Stacks = NonNullable<ErrorRecordOptions['stacks']>;

export interface FoundLazy extends LazyTarget {
  readonly path: readonly PathPart[];
}

/**
 * Deeper than this `JSON.parse` and CBOR decoders come near the end of their stack; no data is, but
 * for mistakes.
 */
const MAX_VALUE_DEPTH = 500;

/** Pure JSON, JSON with Lazies in it, or any other value. */
export type JsonKind = 'json' | 'jsonWithLazies' | 'other';

export function classify(value: unknown, lazyOf: LazyOf, depth = 0): JsonKind {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return 'json';
    case 'number':
      return Number.isFinite(value) && (value !== 0 || 1 / value > 0) ? 'json' : 'other';
    case 'object':
      if (value === null) return 'json';
      if (depth > MAX_VALUE_DEPTH) return 'other';
      if (lazyOf(value) !== undefined) return 'jsonWithLazies';
      return Array.isArray(value)
        ? classifyArray(value, lazyOf, depth + 1)
        : classifyObject(value, lazyOf, depth + 1);
    case 'function':
      return lazyOf(value) === undefined ? 'other' : 'jsonWithLazies';
    default:
      return 'other';
  }
}

function classifyArray(array: readonly unknown[], lazyOf: LazyOf, depth: number): JsonKind {
  if (!isPlainArray(array)) return 'other';
  let found: JsonKind = 'json';
  for (const element of array) {
    // A hole reads as undefined, which is no JSON either.
    const kind = classify(element, lazyOf, depth);
    if (kind === 'other') return 'other';
    if (kind === 'jsonWithLazies') found = 'jsonWithLazies';
  }
  return found;
}

function classifyObject(object: object, lazyOf: LazyOf, depth: number): JsonKind {
  if (!isPlainObject(object) || Object.getOwnPropertySymbols(object).length > 0) return 'other';
  let found: JsonKind = 'json';
  const record = object as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(object)) {
    if (key === '__proto__') return 'other';
    const property = classify(record[key], lazyOf, depth);
    if (property === 'other') return 'other';
    if (property === 'jsonWithLazies') found = 'jsonWithLazies';
  }
  return found;
}

const MAX_UINT64 = 2n ** 64n - 1n;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A byte order mark at the start would be taken away by a decoder of UTF-8. */
const toCborString = (text: string): string | CodeUnits =>
  text.charCodeAt(0) === 0xfeff || LONE_SURROGATE.test(text) ? new CodeUnits(text) : text;

/** @throws UnserializableValueError */
export function toCborValue(
  value: unknown,
  lazyOf: LazyOf = NO_LAZIES,
  root: readonly PathPart[] = [],
  stacks: Stacks = 'all',
): { readonly cborValue: unknown; readonly lazies: readonly FoundLazy[] } {
  const walk = new CborConversion(lazyOf, root, stacks);
  return { cborValue: walk.value(value), lazies: walk.lazies };
}

class CborConversion {
  readonly lazies: FoundLazy[] = [];
  /** Where the walk is; the objects around it are in `around`, the value itself first. */
  readonly #path: PathPart[];
  readonly #ancestors: object[] = [];
  /** Depth of Maps and Sets around: a Lazy has no path there. */
  #keylessDepth = 0;

  readonly #lazyOf: LazyOf;
  readonly #root: readonly PathPart[];
  readonly #stacks: Stacks;

  constructor(lazyOf: LazyOf, root: readonly PathPart[], stacks: Stacks) {
    this.#stacks = stacks;
    this.#lazyOf = lazyOf;
    this.#root = root;
    this.#path = [...root];
  }

  value(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return toCborString(value);
      case 'number':
        return Object.is(value, -0) ? new NegativeZero() : value;
      case 'boolean':
      case 'undefined':
        return value;
      case 'bigint':
        return value > MAX_UINT64 || value < -1n - MAX_UINT64 ? taggedInteger(value) : value;
      case 'object':
        if (value === null) return null;
        return this.#recordLazy(value) ? null : this.#object(value);
      case 'function':
        if (this.#recordLazy(value)) return null;
        return this.#reject(
          describe(value),
          'Functions stay in the code: pass the data that it needs, and define it in the component or in a module that the component imports.',
        );
      default:
        return this.#reject(describe(value), 'Use a string instead.');
    }
  }

  #recordLazy(value: object): boolean {
    const target = this.#lazyOf(value);
    if (target === undefined) return false;
    if (this.#keylessDepth > 0)
      this.#reject(
        'a Lazy inside a Map or a Set',
        'Put it into an array or an object, or await it first.',
      );
    this.lazies.push({ path: this.#path.slice(this.#root.length), ...target });
    return true;
  }

  /**
   * Pushes and pops by hand, without closures: the walk may go deep. What throws leaves the walk,
   * so nothing needs a `finally`.
   */
  #object(value: object): unknown {
    this.#pushAncestor(value);
    const converted = this.#contents(value);
    this.#ancestors.pop();
    return converted;
  }

  #pushAncestor(value: object): void {
    const cycleStart = this.#ancestors.indexOf(value);
    if (cycleStart !== -1) {
      const location = pathText(this.#path.slice(0, this.#root.length + cycleStart));
      this.#reject(
        `a cycle, back to ${location === '' ? 'the value itself' : location}`,
        'Refer to it by an id instead.',
      );
    }
    if (this.#ancestors.length >= MAX_VALUE_DEPTH)
      this.#reject(
        `nested more than ${MAX_VALUE_DEPTH} levels deep`,
        'Make it flatter, as an array of nodes that refer to each other by index.',
      );
    this.#ancestors.push(value);
  }

  #at(part: PathPart, value: unknown): unknown {
    this.#path.push(part);
    const converted = this.value(value);
    this.#path.pop();
    return converted;
  }

  #contents(value: object): unknown {
    if (isPlainArray(value)) return this.#array(value);
    if (isPlainObject(value)) return this.#plain(value);
    if (isDate(value)) return taggedDate(value);
    if (isMap(value)) return this.#map(value);
    if (isSet(value)) return this.#members(value);
    if (isError(value))
      return new RecordedError(JSON.stringify(toErrorRecord(value, { stacks: this.#stacks })));
    return bytesOf(value) ?? this.#reject(describe(value), advice(value));
  }

  #array(array: readonly unknown[]): unknown {
    const keys = Object.keys(array);
    if (keys.length >= array.length && !hasHoles(array)) {
      const converted: unknown[] = [];
      for (const element of array) converted.push(this.#at(converted.length, element));
      return converted;
    }
    const entries: SparseArray['entries'] = [];
    for (const key of keys) {
      const index = Number(key);
      if (Number.isInteger(index)) entries.push([index, this.#at(index, array[index])]);
    }
    return new SparseArray(array.length, entries);
  }

  #plain(object: object): unknown {
    const [symbol] = Object.getOwnPropertySymbols(object);
    if (symbol !== undefined)
      this.#reject(
        `an object with the symbol ${String(symbol)} as a key`,
        'Use a string as the key.',
      );
    const entries: ObjectEntries['entries'] = [];
    let changed = false;
    for (const [key, value] of Object.entries(object)) {
      const convertedKey = toCborString(key);
      if (convertedKey !== key || key === '__proto__') changed = true;
      entries.push([convertedKey, this.#at(key, value)]);
    }
    return changed ? new ObjectEntries(entries) : Object.fromEntries(entries);
  }

  #map(map: ReadonlyMap<unknown, unknown>): unknown {
    this.#keylessDepth++;
    const converted = new Map<unknown, unknown>();
    // A key that is an object becomes another object, so that keys stay apart.
    for (const [key, value] of map)
      converted.set(
        this.#at(converted.size, key),
        this.#at(typeof key === 'string' ? key : converted.size, value),
      );
    this.#keylessDepth--;
    return converted;
  }

  #members(members: ReadonlySet<unknown>): unknown {
    this.#keylessDepth++;
    const converted: unknown[] = [];
    for (const member of members) converted.push(this.#at(converted.length, member));
    this.#keylessDepth--;
    return taggedSet(converted);
  }

  #reject(found: string, remedy: string): never {
    throw new UnserializableValueError(this.#path, found, remedy);
  }
}

function hasHoles(array: readonly unknown[]): boolean {
  for (let index = 0; index < array.length; index++) if (!(index in array)) return true;
  return false;
}

function bytesOf(value: object): object | undefined {
  if (isArrayBuffer(value)) return new ArrayBufferContents(new Uint8Array(value));
  const kind = typedArrayKind(value);
  if (kind === undefined || !ArrayBuffer.isView(value)) return undefined;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isBuffer(value)) return bytes;
  return taggedTypedArray(kind, bytes, (value as Uint8Array).BYTES_PER_ELEMENT);
}

const ARTIFACT_FILE = Symbol.for('headrace.ArtifactFile');
const WITH_METADATA = Symbol.for('headrace.withMetadata');

function advice(value: object): string {
  if (ARTIFACT_FILE in value)
    return 'An ArtifactFile can only be a whole return value: give it a name of its own in returnValues.';
  if (WITH_METADATA in value)
    return 'withMetadata(…) can only be a whole return value, or one element of several returnValues.';
  if (typeof (value as { then?: unknown }).then === 'function') return 'Await it first.';
  return 'Return plain data (objects, arrays, Map, Set, Date, typed arrays, errors), or give the pipeline an artifactSerializer.';
}
