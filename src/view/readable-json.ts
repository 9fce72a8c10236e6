/**
 * Converts decoded values to readable JSON. JSON values stay as they are. Any other value becomes
 * an object with a `$type`; the conversion has no inverse:
 *
 *     undefined, NaN, -0        { "$type": "undefined" }, { "$type": "number", "value": "NaN" }
 *     BigInt, Date              { "$type": "bigint", "value": "12" }, { "$type": "Date", "value": "2025-01-01T00:00:00.000Z" }
 *     Map, Set                  { "$type": "Map", "entries": [[key, value], …] }, { "$type": "Set", "values": […] }
 *     bytes                     { "$type": "Uint8Array", "length": 3, "base64": "AQID" }
 *     other typed arrays        { "$type": "Float64Array", "length": 3, "values": [1, 2, 3] }
 *     anything else             { "$type": "<its class>", "text": "…" }
 *
 * A typed array shows at most its first 1,000 elements (bytes: 4,096); `length` is its whole
 * length. An array with holes is an object, too, because it can be longer than the memory: `{
 * "$type": "Array", "length": 3, "entries": [[1, value]] }`. What is nested more than 500 levels
 * deep, which no value of a step is, is shown as text.
 *
 * @module
 */
import { inspect } from 'node:util';
import type { Json } from '../model/json.ts';

const MAX_ELEMENTS = 1000;
const MAX_BYTES = 4096;
const MAX_DEPTH = 500;

export function toReadable(value: unknown, depth = 0): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $type: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
    case 'bigint':
      return { $type: 'bigint', value: String(value) };
    case 'undefined':
      return { $type: 'undefined' };
    case 'object':
      return value === null ? null : objectToReadable(value, depth);
    default:
      return opaqueToReadable(value);
  }
}

function objectToReadable(value: object, depth: number): Json {
  if (depth > MAX_DEPTH) return opaqueToReadable(value);
  const inner = (item: unknown): Json => toReadable(item, depth + 1);
  if (Array.isArray(value)) return arrayToReadable(value, inner);
  if (value instanceof Date)
    return {
      $type: 'Date',
      value: Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString(),
    };
  if (value instanceof Map)
    return {
      $type: 'Map',
      entries: [...value].map(([key, item]) => [inner(key), inner(item)]),
    };
  if (value instanceof Set) return { $type: 'Set', values: [...value].map(inner) };
  if (value instanceof Uint8Array)
    return {
      $type: 'Uint8Array',
      length: value.length,
      base64: Buffer.from(
        value.buffer,
        value.byteOffset,
        Math.min(value.length, MAX_BYTES),
      ).toString('base64'),
    };
  if (ArrayBuffer.isView(value))
    return isTypedArray(value) ? elementsToReadable(value) : opaqueToReadable(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return opaqueToReadable(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item)]));
}

function arrayToReadable(array: readonly unknown[], inner: (item: unknown) => Json): Json {
  const keys = Object.keys(array);
  if (keys.length >= array.length) return array.map(inner);
  const entries = keys.map((key): Json => [Number(key), inner(array[Number(key)])]);
  return { $type: 'Array', length: array.length, entries };
}

type TypedArray = ArrayBufferView & {
  readonly length: number;
  [Symbol.iterator](): IterableIterator<number | bigint>;
};

const isTypedArray = (view: ArrayBufferView): view is TypedArray =>
  'length' in view && Symbol.iterator in view;

function elementsToReadable(view: TypedArray): Json {
  const firstValues: Json[] = [];
  for (const element of view) {
    if (firstValues.length === MAX_ELEMENTS) break;
    firstValues.push(
      typeof element === 'number' && Number.isFinite(element) ? element : String(element),
    );
  }
  return { $type: view.constructor.name, length: view.length, values: firstValues };
}

const opaqueToReadable = (value: unknown): Json => ({
  $type:
    typeof value === 'object' && value !== null
      ? value.constructor?.name || 'Object'
      : typeof value,
  text: inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY }).slice(0, MAX_BYTES),
});
