/**
 * Typed arrays in CBOR (RFC 8746): their types by tag, and their first numbers.
 *
 * @module
 */

interface ElementType {
  readonly type: string;
  readonly bytes: number;
  readonly read: (view: DataView, offset: number, isLittleEndian: boolean) => number | bigint;
}

/** By the tag of little-endian elements; those of big-endian ones are 4 less. */
const ELEMENT_TYPES: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [64, { type: 'Uint8Array', bytes: 1, read: (view, at) => view.getUint8(at) }],
  [68, { type: 'Uint8ClampedArray', bytes: 1, read: (view, at) => view.getUint8(at) }],
  [69, { type: 'Uint16Array', bytes: 2, read: (view, at, le) => view.getUint16(at, le) }],
  [70, { type: 'Uint32Array', bytes: 4, read: (view, at, le) => view.getUint32(at, le) }],
  [71, { type: 'BigUint64Array', bytes: 8, read: (view, at, le) => view.getBigUint64(at, le) }],
  [72, { type: 'Int8Array', bytes: 1, read: (view, at) => view.getInt8(at) }],
  [77, { type: 'Int16Array', bytes: 2, read: (view, at, le) => view.getInt16(at, le) }],
  [78, { type: 'Int32Array', bytes: 4, read: (view, at, le) => view.getInt32(at, le) }],
  [79, { type: 'BigInt64Array', bytes: 8, read: (view, at, le) => view.getBigInt64(at, le) }],
  [85, { type: 'Float32Array', bytes: 4, read: (view, at, le) => view.getFloat32(at, le) }],
  [86, { type: 'Float64Array', bytes: 8, read: (view, at, le) => view.getFloat64(at, le) }],
]);

const BIG_ENDIAN_TAGS = new Set([65, 66, 67, 73, 74, 75, 81, 82]);

const elementType = (tag: number): ElementType | undefined =>
  ELEMENT_TYPES.get(tag) ?? (BIG_ENDIAN_TAGS.has(tag) ? ELEMENT_TYPES.get(tag + 4) : undefined);

export const isTypedArrayTag = (tag: number): boolean => elementType(tag) !== undefined;

export const typedArrayType = (tag: number): string => elementType(tag)?.type ?? '';

/** @param bytes of all elements */
export const typedArrayLength = (tag: number, bytes: number): number =>
  Math.floor(bytes / (elementType(tag)?.bytes ?? 1));

/** The first elements that are there; those without a form in JSON as text. */
export function typedArrayNumbers(
  tag: number,
  bytes: Uint8Array,
  count: number,
): (number | string)[] {
  const element = elementType(tag);
  if (element === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Math.min(count, Math.floor(bytes.length / element.bytes));
  return Array.from({ length }, (_, index) => {
    const value = element.read(view, index * element.bytes, !BIG_ENDIAN_TAGS.has(tag));
    return typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : Object.is(value, -0)
        ? '-0'
        : String(value);
  });
}
