/**
 * Two walks over a value: a fast one that tells whether it is pure JSON, and a thorough one that dresses it for CBOR or names what cannot travel.
 *
 * 1. A value that `scan` finds to be JSON comes back from `JSON.parse(JSON.stringify(value))` as it was.
 * 2. `dress` never changes the value; what it returns shares with it nothing that could be changed but raw bytes.
 * 3. Each Lazy is replaced by `null` and reported with its path, in the order of the walk.
 *
 * @module
 */
import {
  CodeUnits,
  Contents,
  date,
  Entries,
  NegativeZero,
  Sparse,
  set,
  typedArray,
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

/** What a Lazy stands for: the result of call `call`, or one of its values; `key` identifies it without positions. */
export interface LazyTarget {
  readonly call: number;
  readonly value: number | null;
  readonly key: string;
}

/** Tells Lazies from all other objects and functions. */
export type LazyOf = (value: object) => LazyTarget | undefined;

export const NO_LAZIES: LazyOf = () => undefined;

export interface FoundLazy extends LazyTarget {
  readonly path: readonly PathPart[];
}

/** Deeper than this `JSON.parse` and CBOR decoders come near the end of their stack; no data is, but for mistakes. */
const MAX_VALUE_DEPTH = 500;

/** `json`, without (0) or with (1) Lazies in it, or anything else (2). */
export type Encodability = 0 | 1 | 2;

export function classify(value: unknown, lazyOf: LazyOf, depth = 0): Encodability {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return 0;
    case 'number':
      return Number.isFinite(value) && (value !== 0 || 1 / value > 0) ? 0 : 2;
    case 'object':
      if (value === null) return 0;
      if (depth > MAX_VALUE_DEPTH) return 2;
      if (lazyOf(value) !== undefined) return 1;
      return Array.isArray(value)
        ? classifyArray(value, lazyOf, depth + 1)
        : classifyObject(value, lazyOf, depth + 1);
    case 'function':
      return lazyOf(value) === undefined ? 2 : 1;
    default:
      return 2;
  }
}

function classifyArray(array: readonly unknown[], lazyOf: LazyOf, depth: number): Encodability {
  if (!isPlainArray(array)) return 2;
  let found: Encodability = 0;
  for (const element of array) {
    // A hole reads as undefined, which is no JSON either.
    const kind = classify(element, lazyOf, depth);
    if (kind === 2) return 2;
    if (kind === 1) found = 1;
  }
  return found;
}

function classifyObject(object: object, lazyOf: LazyOf, depth: number): Encodability {
  if (!isPlainObject(object) || Object.getOwnPropertySymbols(object).length > 0) return 2;
  let found: Encodability = 0;
  const record = object as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(object)) {
    if (key === '__proto__') return 2;
    const property = classify(record[key], lazyOf, depth);
    if (property === 2) return 2;
    if (property === 1) found = 1;
  }
  return found;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** A byte order mark at the start would be taken away by a decoder of UTF-8. */
const toCborString = (text: string): string | CodeUnits =>
  text.charCodeAt(0) === 0xfeff || LONE_SURROGATE.test(text) ? new CodeUnits(text) : text;

/** @throws UnserializableValueError */
export function toCborValue(
  value: unknown,
  lazyOf: LazyOf = NO_LAZIES,
  root: readonly PathPart[] = [],
): { readonly dressed: unknown; readonly lazies: readonly FoundLazy[] } {
  const walk = new Walk(lazyOf, root);
  return { dressed: walk.value(value), lazies: walk.lazies };
}

class Walk {
  readonly lazies: FoundLazy[] = [];
  /** Where the walk is; the objects around it are in `around`, the value itself first. */
  private readonly path: PathPart[];
  private readonly around: object[] = [];
  /** Depth of Maps and Sets around: a Lazy has no path there. */
  private keyless = 0;

  constructor(
    private readonly lazyOf: LazyOf,
    private readonly root: readonly PathPart[],
  ) {
    this.path = [...root];
  }

  value(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return toCborString(value);
      case 'number':
        return Object.is(value, -0) ? new NegativeZero() : value;
      case 'boolean':
      case 'undefined':
      case 'bigint':
        return value;
      case 'object':
        if (value === null) return null;
        return this.lazy(value) ? null : this.object(value);
      case 'function':
        if (this.lazy(value)) return null;
        return this.refuse(
          describe(value),
          'Functions stay in the code: pass the data that it needs, and define it in the component or in a module that the component imports.',
        );
      default:
        return this.refuse(describe(value), 'Use a string instead.');
    }
  }

  private lazy(value: object): boolean {
    const target = this.lazyOf(value);
    if (target === undefined) return false;
    if (this.keyless > 0)
      this.refuse(
        'a Lazy inside a Map or a Set',
        'Put it into an array or an object, or await it first.',
      );
    this.lazies.push({ path: this.path.slice(this.root.length), ...target });
    return true;
  }

  /** Pushes and pops by hand, without closures: the walk may go deep. What throws leaves the walk, so nothing needs a `finally`. */
  private object(value: object): unknown {
    this.enter(value);
    const dressed = this.contents(value);
    this.around.pop();
    return dressed;
  }

  private enter(value: object): void {
    const known = this.around.indexOf(value);
    if (known !== -1) {
      const place = pathText(this.path.slice(0, this.root.length + known));
      this.refuse(
        `a cycle, back to ${place === '' ? 'the value itself' : place}`,
        'Refer to it by an id instead.',
      );
    }
    if (this.around.length >= MAX_VALUE_DEPTH)
      this.refuse(
        `nested more than ${MAX_VALUE_DEPTH} levels deep`,
        'Make it flatter, as an array of nodes that refer to each other by index.',
      );
    this.around.push(value);
  }

  private at(part: PathPart, value: unknown): unknown {
    this.path.push(part);
    const dressed = this.value(value);
    this.path.pop();
    return dressed;
  }

  private contents(value: object): unknown {
    if (isPlainArray(value)) return this.array(value);
    if (isPlainObject(value)) return this.plain(value);
    if (isDate(value)) return date(value);
    if (isMap(value)) return this.map(value);
    if (isSet(value)) return this.members(value);
    return bytesOf(value) ?? this.refuse(describe(value), advice(value));
  }

  private array(array: readonly unknown[]): unknown {
    const keys = Object.keys(array);
    if (keys.length >= array.length && !hasHoles(array)) {
      const dressed: unknown[] = [];
      for (const element of array) dressed.push(this.at(dressed.length, element));
      return dressed;
    }
    const entries: Sparse['entries'] = [];
    for (const key of keys) {
      const index = Number(key);
      if (Number.isInteger(index)) entries.push([index, this.at(index, array[index])]);
    }
    return new Sparse(array.length, entries);
  }

  private plain(object: object): unknown {
    const [symbol] = Object.getOwnPropertySymbols(object);
    if (symbol !== undefined)
      this.refuse(
        `an object with the symbol ${String(symbol)} as a key`,
        'Use a string as the key.',
      );
    const entries: Entries['entries'] = [];
    let changed = false;
    for (const [key, value] of Object.entries(object)) {
      const dressedKey = toCborString(key);
      if (dressedKey !== key || key === '__proto__') changed = true;
      entries.push([dressedKey, this.at(key, value)]);
    }
    return changed ? new Entries(entries) : Object.fromEntries(entries);
  }

  private map(map: ReadonlyMap<unknown, unknown>): unknown {
    this.keyless++;
    const dressed = new Map<unknown, unknown>();
    // A key that is an object becomes another object, so that keys stay apart.
    for (const [key, value] of map)
      dressed.set(
        this.at(dressed.size, key),
        this.at(typeof key === 'string' ? key : dressed.size, value),
      );
    this.keyless--;
    return dressed;
  }

  private members(members: ReadonlySet<unknown>): unknown {
    this.keyless++;
    const dressed: unknown[] = [];
    for (const member of members) dressed.push(this.at(dressed.length, member));
    this.keyless--;
    return set(dressed);
  }

  private refuse(found: string, todo: string): never {
    throw new UnserializableValueError(this.path, found, todo);
  }
}

function hasHoles(array: readonly unknown[]): boolean {
  for (let index = 0; index < array.length; index++) if (!(index in array)) return true;
  return false;
}

function bytesOf(value: object): object | undefined {
  if (isArrayBuffer(value)) return new Contents(new Uint8Array(value));
  const kind = typedArrayKind(value);
  if (kind === undefined || !ArrayBuffer.isView(value)) return undefined;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isBuffer(value)) return bytes;
  return typedArray(kind, bytes, (value as Uint8Array).BYTES_PER_ELEMENT);
}

const ARTIFACT_FILE = Symbol.for('headrace.ArtifactFile');

function advice(value: object): string {
  if (ARTIFACT_FILE in value)
    return 'An ArtifactFile travels only as a whole return value: give it a name of its own in returnValues.';
  if (typeof (value as { then?: unknown }).then === 'function') return 'Await it first.';
  return 'Return plain data (objects, arrays, Map, Set, Date, typed arrays), or give the pipeline an artifactSerializer.';
}
