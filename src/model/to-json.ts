/**
 * Copies a value of a program if it is JSON, and otherwise reports the part that is not.
 *
 * @module
 */
import type { Json } from './json.ts';
import { MAX_JSON_DEPTH } from './limits.ts';
import { RESERVED_KEY } from './reserved-key.ts';

/**
 * `path` leads to the part that is not JSON (`[0].at`, empty for the whole value); `given`
 * describes it.
 */
export type JsonResult =
  | { readonly json: Json }
  | { readonly path: string; readonly actual: string };

/**
 * A deep copy of `value` if all of it is JSON: no undefined, NaN, functions, class instances,
 * cycles.
 */
export function toJson(value: unknown, path = '', above: readonly object[] = []): JsonResult {
  if (value === null || typeof value === 'string' || typeof value === 'boolean')
    return { json: value };
  if (typeof value === 'number')
    return Number.isFinite(value) ? { json: value } : { path, actual: String(value) };
  if (typeof value !== 'object')
    return {
      path,
      actual:
        typeof value === 'function'
          ? 'a function'
          : `${typeof value}${typeof value === 'undefined' ? '' : ` ${String(value)}`}`,
    };
  if (above.includes(value)) return { path, actual: 'a cycle' };
  if (above.length >= MAX_JSON_DEPTH)
    return { path, actual: `nested more than ${MAX_JSON_DEPTH} levels deep` };
  if (Array.isArray(value)) return listToJson(value, path, [...above, value]);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    return { path, actual: `an instance of ${value.constructor.name || 'a class'}` };
  return recordToJson(value, path, [...above, value]);
}

function listToJson(list: readonly unknown[], path: string, above: readonly object[]): JsonResult {
  const json: Json[] = [];
  for (let index = 0; index < list.length; index++) {
    const checked = toJson(list[index], `${path}[${index}]`, above);
    if (!('json' in checked)) return checked;
    json.push(checked.json);
  }
  return { json };
}

function recordToJson(record: object, path: string, above: readonly object[]): JsonResult {
  const json: [string, Json][] = [];
  for (const [key, value] of Object.entries(record)) {
    if (key === RESERVED_KEY)
      return { path: `${path}.${key}`, actual: 'a key that is reserved: choose another name' };
    const checked = toJson(value, `${path}.${key}`, above);
    if (!('json' in checked)) return checked;
    json.push([key, checked.json]);
  }
  return { json: Object.fromEntries(json) };
}
