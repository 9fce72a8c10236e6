/**
 * CBOR (RFC 8949) by cbor-x, set up so that bytes are the same wherever they are written: with
 * Node's Buffer at hand or without.
 *
 * Standard tags carry what has one: 0 dates, 2 and 3 large integers, 64 to 86 typed arrays, 258
 * sets, 259 maps; a plain byte string is a Buffer. What JavaScript has and CBOR has not (holes,
 * lone surrogates, the key `__proto__`, errors) has tags of our own, in the range that is free for
 * all.
 *
 * Bytes may have been written by something else. The extensions of cbor-x that this module does not
 * write are refused: with references, few bytes stand for a value without end.
 *
 * cbor-x is taken in its build without `new Function`, which also is a copy of its own: extensions
 * that a user's program adds to cbor-x do not reach it. It is loaded for the first value that needs
 * it: most contexts and steps never see one, and it costs milliseconds.
 *
 * @module
 */
import type { Decoder, Encoder } from 'cbor-x/index-no-eval';
import { type ErrorRecord, errorFromRecord } from '../model/error-record.ts';
// biome-ignore lint/correctness/useImportExtensions: it is CommonJS
import load from './cbor-x.cjs';

/** Tags of our own: `hr` in ASCII, then a number. */
const HEADRACE_TAG_BASE = 0x6872_0000;

/** An array with holes: its length, and its elements by index. */
export class SparseArray {
  constructor(
    readonly length: number,
    readonly entries: [index: number, value: unknown][],
  ) {}
}

/** An object by its entries, for keys that the library would change. */
export class ObjectEntries {
  constructor(readonly entries: [key: string | CodeUnits, value: unknown][]) {}
}

/**
 * A string by its UTF-16 code units, for one that UTF-8 cannot hold or that a decoder of text would
 * change.
 */
export class CodeUnits {
  constructor(readonly text: string) {}
}

/** The contents of an ArrayBuffer that is not a view. */
export class ArrayBufferContents {
  constructor(readonly bytes: Uint8Array) {}
}

/** An error, by the JSON text of its record. */
export class RecordedError {
  constructor(readonly text: string) {}
}

/**
 * CBOR has -0 as a float. The library writes 0 instead, unless every number is written as a float.
 */
export class NegativeZero {}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * RFC 8746: the tag of each kind of typed array, little-endian; the big-endian one of elements over
 * a byte is 4 less.
 */
const ARRAY_TAGS: Readonly<Record<string, number>> = {
  Uint8Array: 64,
  Uint8ClampedArray: 68,
  Uint16Array: 69,
  Uint32Array: 70,
  BigUint64Array: 71,
  Int8Array: 72,
  Int16Array: 77,
  Int32Array: 78,
  BigInt64Array: 79,
  Float32Array: 85,
  Float64Array: 86,
};

/** A typed array of that kind with these bytes; undefined if CBOR has no tag for it. */
export function taggedTypedArray(
  kind: string,
  bytes: Uint8Array,
  elementSize: number,
): object | undefined {
  const tag = ARRAY_TAGS[kind];
  return tag === undefined
    ? undefined
    : new (cbor().Tag)(bytes, LITTLE_ENDIAN || elementSize === 1 ? tag : tag - 4);
}

/**
 * Tag 0, a date as text: exact for every date of JavaScript. An invalid date is tag 1 with NaN.
 */
export const taggedDate = (value: Date): object =>
  Number.isNaN(value.getTime())
    ? new (cbor().Tag)(Number.NaN, 1)
    : new (cbor().Tag)(value.toISOString(), 0);

export const taggedSet = (members: readonly unknown[]): object => new (cbor().Tag)(members, 258);

/** Tags 2 and 3: an integer of any length, as the library writes it, but in linear time. */
export const taggedInteger = (value: bigint): object =>
  value < 0n ? new (cbor().Tag)(bytesOf(-1n - value), 3) : new (cbor().Tag)(bytesOf(value), 2);

function bytesOf(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}

function integerOf(bytes: unknown): bigint {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('an integer is no byte string');
  let hex = '0x0';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return BigInt(hex);
}

/** The configured library. */
interface Cbor {
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly Tag: ReturnType<typeof load>['Tag'];
}

let loaded: Cbor | undefined;
const cbor = (): Cbor => (loaded ??= createCbor());

const CBOR_OPTIONS = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  tagUint8Array: false,
  copyBuffers: true,
};

function createCbor(): Cbor {
  const { addExtension, Decoder, Encoder, Tag } = load();
  const encoder = new Encoder(CBOR_OPTIONS);
  addContainerExtensions(addExtension);
  addIntegerExtensions(addExtension);
  addNegativeZeroExtension(addExtension, encoder);
  refuseForeignExtensions(addExtension);
  return {
    encoder,
    decoder: new Decoder({ ...CBOR_OPTIONS, structures: FOREIGN_STRUCTURES }),
    Tag,
  };
}

type AddExtension = ReturnType<typeof load>['addExtension'];

/** The extensions for values that CBOR has no type for. */
function addContainerExtensions(addExtension: AddExtension): void {
  addExtension<object, [number, SparseArray['entries']]>({
    Class: SparseArray,
    tag: HEADRACE_TAG_BASE + 1,
    encode(sparse: SparseArray, write) {
      return write([sparse.length, sparse.entries]);
    },
    decode([length, entries]) {
      const array: unknown[] = [];
      array.length = length;
      for (const [index, value] of entries) {
        if (!Number.isInteger(index) || index < 0 || index >= length)
          throw new RangeError(`an array of ${length} elements has no index ${index}`);
        array[index] = value;
      }
      return array;
    },
  });

  addExtension<object, [string, unknown][]>({
    Class: ObjectEntries,
    tag: HEADRACE_TAG_BASE + 2,
    encode(object: ObjectEntries, write) {
      return write(object.entries as [string, unknown][]);
    },
    decode: (entries) => Object.fromEntries(entries),
  });

  addExtension<object | string, Uint16Array>({
    Class: CodeUnits,
    tag: HEADRACE_TAG_BASE + 3,
    encode({ text }: CodeUnits, write) {
      return write(Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)));
    },
    decode(units) {
      let text = '';
      for (let start = 0; start < units.length; start += 4096)
        text += String.fromCharCode(...units.subarray(start, start + 4096));
      return text;
    },
  });

  addExtension<object, Uint8Array>({
    Class: ArrayBufferContents,
    tag: HEADRACE_TAG_BASE + 4,
    encode(contents: ArrayBufferContents, write) {
      return write(contents.bytes);
    },
    decode: (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  });

  addExtension<object, string>({
    Class: RecordedError,
    tag: HEADRACE_TAG_BASE + 5,
    encode(error: RecordedError, write) {
      return write(error.text);
    },
    decode: (text) => errorFromRecord(JSON.parse(text) as ErrorRecord),
  });
}

/** The library reads them in quadratic time. */
function addIntegerExtensions(addExtension: AddExtension): void {
  addDecoder(addExtension, 2, integerOf);
  addDecoder(addExtension, 3, (bytes) => -1n - integerOf(bytes));
}

const addDecoder = (
  addExtension: AddExtension,
  tag: number,
  decode: (content: unknown) => unknown,
): void => {
  // Without a class, nothing is encoded by the extension.
  Reflect.apply(addExtension, undefined, [{ tag, decode }]);
};

/**
 * The tags of extensions that the library reads and this module does not write: fractions, packed
 * and shared values, records, objects of classes.
 */
const FOREIGN_TAGS = [4, 5, 6, 14, 15, 25, 26, 27, 28, 29, 51, 105, 0x53687264];

const refuseTag = (): never => {
  throw new TypeError('the bytes have an extension of CBOR that Headrace does not write');
};

function refuseForeignExtensions(addExtension: AddExtension): void {
  for (const tag of FOREIGN_TAGS) addDecoder(addExtension, tag, refuseTag);
}

/**
 * Bundled strings and definitions of records, which are no extensions: the library uses a structure
 * under the last 13 bits of a tag, if there is one, before it reads them.
 */
const FOREIGN_STRUCTURES: object[] = [];
for (const tag of [0xdff9, 0xdffe, 0xdfff]) FOREIGN_STRUCTURES[tag & 0x1fff] = { read: refuseTag };

function addNegativeZeroExtension(addExtension: AddExtension, encoder: Encoder): void {
  addExtension<NegativeZero, number>({
    Class: NegativeZero,
    // Not a tag, so that none is written.
    tag: Number.NaN,
    encode(_, write) {
      Object.assign(encoder, { alwaysUseFloat: true });
      try {
        return write(-0);
      } finally {
        Object.assign(encoder, { alwaysUseFloat: false });
      }
    },
    decode: (value) => value,
  });
}

/** A larger buffer is not retained for the next value. */
const MAX_RETAINED_BUFFER_BYTES = 1 << 20;

/** `value` contains only types of CBOR and the classes above. */
export function toBytes(value: unknown): Uint8Array {
  const bytes = cbor().encoder.encode(value);
  if (bytes.buffer.byteLength > MAX_RETAINED_BUFFER_BYTES) replaceBuffer();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function replaceBuffer(): void {
  const fresh = typeof Buffer === 'undefined' ? new Uint8Array(8192) : Buffer.allocUnsafeSlow(8192);
  const { encoder } = cbor();
  Reflect.apply(Reflect.get(encoder, 'useBuffer'), encoder, [fresh]);
}

/** @throws an error of cbor-x if `bytes` are not CBOR. */
export function fromBytes(bytes: Uint8Array): unknown {
  const source =
    typeof Buffer === 'undefined'
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return cbor().decoder.decode(source);
}
