/**
 * JSON data, and records whose keys users choose.
 *
 * 1. The key `__proto__` is refused wherever a user may choose a key. Assigning it to a plain object
 *    changes the prototype, so that a copy of the object would lose the key without an error.
 *
 * @module
 */
import { z } from 'zod';
import { MAX_JSON_DEPTH } from './limits.ts';
import { RESERVED_KEY } from './reserved-key.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const RESERVED_KEY_MESSAGE = 'the key "__proto__" is reserved: choose another name';

interface Container {
  readonly value: object;
  readonly depth: number;
  /** The key in the container around it; undefined for the whole value. */
  readonly key: PropertyKey | undefined;
  readonly parent: Container | undefined;
}

export interface JsonIssue {
  readonly path: PropertyKey[];
  readonly message: string;
}

/**
 * The first part of a value that is not JSON data; undefined if all of it is. It takes a fraction
 * of the time of a recursive schema, and does not recurse.
 */
export function findJsonIssue(whole: unknown): JsonIssue | undefined {
  const containers: Container[] = [];
  /** Returns the reason why an item is not JSON; its own items are checked later. */
  const reject = (
    value: unknown,
    key: PropertyKey | undefined,
    parent: Container | undefined,
  ): string | undefined => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
    if (typeof value === 'number')
      return Number.isFinite(value) ? undefined : `it is ${value}, which JSON does not have`;
    if (typeof value !== 'object' || !(Array.isArray(value) || isPlainObject(value)))
      return 'it is not JSON data';
    const depth = (parent?.depth ?? 0) + 1;
    if (depth > MAX_JSON_DEPTH) return `it is nested more than ${MAX_JSON_DEPTH} levels deep`;
    containers.push({ value, depth, key, parent });
    return undefined;
  };
  const message = reject(whole, undefined, undefined);
  if (message !== undefined) return { path: [], message };
  for (let at = containers.pop(); at !== undefined; at = containers.pop()) {
    const { value } = at;
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index += 1) {
        const reason = reject(value[index], index, at);
        if (reason !== undefined) return { path: [...pathOf(at), index], message: reason };
      }
      continue;
    }
    for (const [key, item] of Object.entries(value)) {
      const reason = key === RESERVED_KEY ? RESERVED_KEY_MESSAGE : reject(item, key, at);
      if (reason !== undefined) return { path: [...pathOf(at), key], message: reason };
    }
  }
  return undefined;
}

function pathOf(container: Container): PropertyKey[] {
  const path: PropertyKey[] = [];
  for (let at: Container | undefined = container; at?.key !== undefined; at = at.parent)
    path.unshift(at.key);
  return path;
}

/** True for the objects of any realm that have no class. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null)
  );
}

export const jsonSchema: z.ZodType<Json> = z
  .any()
  .superRefine((value, context) => {
    const issue = findJsonIssue(value);
    if (issue !== undefined) context.addIssue({ code: 'custom', ...issue });
  })
  .meta({ id: 'Json', description: 'Any JSON value.' });

const JSON_BY_NAME = { additionalProperties: { $ref: '#/components/schemas/Json' } };

/** JSON data by name. */
export const jsonObjectSchema: z.ZodType<JsonObject> = z
  .any()
  .superRefine((value, context) => {
    const issue =
      typeof value !== 'object' || value === null || Array.isArray(value)
        ? { path: [], message: 'it must be an object' }
        : findJsonIssue(value);
    if (issue !== undefined) context.addIssue({ code: 'custom', ...issue });
  })
  .meta({ type: 'object', ...JSON_BY_NAME });

/** The OpenAPI document has the type of `meta` only: null must be named there. */
export const nullableJsonObjectSchema = jsonObjectSchema
  .nullable()
  .meta({ type: ['object', 'null'], ...JSON_BY_NAME });

/** `z.record`, which drops the key `__proto__` without an error, but with that key refused (1). */
export const recordOf = <K extends z.ZodType<string, string>, V extends z.ZodType>(
  keySchema: K,
  valueSchema: V,
) =>
  z.preprocess(
    (value: Record<string, z.input<V>>, context) => {
      if (typeof value === 'object' && value !== null && Object.hasOwn(value, RESERVED_KEY))
        context.addIssue({ code: 'custom', path: [RESERVED_KEY], message: RESERVED_KEY_MESSAGE });
      return value;
    },
    z.record(keySchema, valueSchema),
  );
