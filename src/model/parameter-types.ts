/**
 * Checks JSON values against the types that parameters have in the source. It is not a type
 * checker.
 *
 * @module
 */

import type { Parameter, ParameterType } from './code.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * A part of a value that does not fit: its path (`[0].depth`, empty for the whole), the expected
 * type, and the actual value.
 */
export interface Mismatch {
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
}

/** The type that arguments are checked against: the written one, else the default's. */
export function effectiveType(parameter: Parameter): ParameterType {
  if (
    parameter.type.kind !== 'any' ||
    parameter.typeText !== undefined ||
    parameter.defaultValue === undefined
  )
    return parameter.type;
  return typeOf(parameter.defaultValue);
}

function typeOf(value: Json): ParameterType {
  if (typeof value === 'string') return { kind: 'string' };
  if (typeof value === 'number') return { kind: 'number' };
  if (typeof value === 'boolean') return { kind: 'boolean' };
  if (Array.isArray(value)) return { kind: 'array', of: { kind: 'any' } };
  return { kind: 'any' };
}

/** True if every value of the type is a text, so that an argument is raw text without quotes. */
export function isText(type: ParameterType): boolean {
  switch (type.kind) {
    case 'string':
      return true;
    case 'literal':
      return typeof type.value === 'string';
    case 'union':
      return type.of.length > 0 && type.of.every(isText);
    default:
      return false;
  }
}

/** True if the type is a union of literals. */
export function isChoice(type: ParameterType): boolean {
  return (
    type.kind === 'literal' ||
    (type.kind === 'union' && type.of.length > 0 && type.of.every(isChoice))
  );
}

/**
 * The type as TypeScript: `number`, `"a" | "b"`,
 * `{ depth: number, name?: string }[]`.
 */
export function typeText(type: ParameterType): string {
  switch (type.kind) {
    case 'any':
      return 'any JSON value';
    case 'literal':
      return JSON.stringify(type.value);
    case 'union':
      return type.of.map(typeText).join(' | ');
    case 'array':
      return type.of.kind === 'any'
        ? 'array'
        : `${type.of.kind === 'union' ? `(${typeText(type.of)})` : typeText(type.of)}[]`;
    case 'tuple':
      return `[${type.of.map((each, index) => `${typeText(each)}${index < type.required ? '' : '?'}`).join(', ')}${type.rest === undefined ? '' : `, ...${typeText({ kind: 'array', of: type.rest })}`}]`;
    case 'notJson':
      return `${type.type} (which JSON does not have: declare a text or a number, and make the ${type.type} in the function)`;
    case 'object':
      return type.properties.length === 0
        ? 'object'
        : `{ ${type.properties.map((p) => `${p.name}${p.optional ? '?' : ''}: ${typeText(p.type)}`).join(', ')} }`;
    default:
      return type.kind;
  }
}

/** A mismatch that is not rendered yet. Most of them are only counted, as members of a union. */
interface Misfit {
  readonly path: PropertyKey[];
  readonly expected: ParameterType | string;
  /** Undefined: the value is missing. */
  readonly actual: Json | undefined;
}

/**
 * The first part of `value` that does not fit `type`; undefined if the value fits.
 *
 * @param exact properties that the type does not name are mismatches. True for input of a user,
 *   where such a property is a typing error; false for values of a program, which TypeScript
 *   checked by structure.
 */
export function findMismatch(
  value: Json | undefined,
  type: ParameterType,
  exact: boolean,
): Mismatch | undefined {
  const found = findMisfit(value, type, exact);
  if (found === undefined) return undefined;
  const { path, expected, actual } = found;
  return {
    path: pathText(path),
    expected: clip(
      typeof expected === 'string' ? expected : typeText(expected),
      MAX_TYPE_TEXT_LENGTH,
    ),
    actual: previewJson(actual),
  };
}

function findMisfit(
  value: Json | undefined,
  type: ParameterType,
  exact: boolean,
): Misfit | undefined {
  const fits = (isFitting: boolean): Misfit | undefined =>
    isFitting ? undefined : { path: [], expected: type, actual: value };
  switch (type.kind) {
    case 'any':
      return undefined;
    case 'null':
      return fits(value === null);
    case 'string':
    case 'number':
    case 'boolean':
      return fits(typeof value === type.kind);
    case 'literal':
      return fits(value === type.value);
    case 'union':
      return fits(type.of.some((member) => findMisfit(value, member, exact) === undefined));
    case 'array':
      return Array.isArray(value)
        ? firstMisfit(value.entries(), ([, item]) => findMisfit(item, type.of, exact))
        : fits(false);
    case 'tuple':
      return isArray(value) && value.length >= type.required
        ? firstMisfit(value.entries(), ([index, item]) => tupleMisfit(item, index, type, exact))
        : fits(false);
    case 'notJson':
      return fits(false);
    case 'object':
      return isObject(value) ? objectMisfit(value, type, exact) : fits(false);
  }
}

const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

function tupleMisfit(
  item: Json,
  index: number,
  { of, rest }: Extract<ParameterType, { kind: 'tuple' }>,
  exact: boolean,
): Misfit | undefined {
  const type = of[index] ?? rest;
  return type === undefined
    ? { path: [], expected: `no such item, only ${of.length}`, actual: item }
    : findMisfit(item, type, exact);
}

function objectMisfit(
  value: Readonly<Record<string, Json>>,
  type: Extract<ParameterType, { kind: 'object' }>,
  exact: boolean,
): Misfit | undefined {
  const known = new Set(type.properties.map((property) => property.name));
  const extra =
    exact && known.size > 0 ? Object.keys(value).find((key) => !known.has(key)) : undefined;
  if (extra !== undefined)
    return {
      path: [extra],
      expected: `no such property, only ${[...known].join(', ')}`,
      actual: value[extra],
    };
  return firstMisfit(
    type.properties.map((property) => [property.name, property] as const),
    ([name, property]) => {
      if (Object.hasOwn(value, name)) return findMisfit(value[name], property.type, exact);
      return property.optional
        ? undefined
        : { path: [], expected: property.type, actual: undefined };
    },
  );
}

/** The first misfit of a part of a value, with the key of that part. */
function firstMisfit<T extends readonly [key: PropertyKey, ...unknown[]]>(
  parts: Iterable<T>,
  find: (part: T) => Misfit | undefined,
): Misfit | undefined {
  for (const part of parts) {
    const found = find(part);
    if (found !== undefined) {
      found.path.unshift(part[0]);
      return found;
    }
  }
  return undefined;
}

const isObject = (value: Json | undefined): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** A path inside a value, as in `[0].depth`. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    })
    .join('');

const MAX_PREVIEW_LENGTH = 80;
const MAX_TYPE_TEXT_LENGTH = 1000;

const clip = (text: string, maxLength: number): string =>
  text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;

/**
 * The first characters of a value as JSON text. Reads no more of the value than it shows: each item
 * and each level has a character at least.
 */
export function previewJson(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  let text = '';
  for (const piece of jsonPieces(value)) {
    text += piece;
    if (text.length > MAX_PREVIEW_LENGTH) break;
  }
  return clip(text, MAX_PREVIEW_LENGTH);
}

function* jsonPieces(value: Json): Generator<string> {
  if (typeof value === 'string') yield JSON.stringify(value.slice(0, MAX_PREVIEW_LENGTH));
  else if (isObject(value)) yield* listPieces('{', entriesOf(value), entryPieces, '}');
  else if (isList(value)) yield* listPieces('[', value, jsonPieces, ']');
  else yield String(value);
}

function* listPieces<T>(
  open: string,
  items: Iterable<T>,
  piecesOf: (item: T) => Generator<string>,
  close: string,
): Generator<string> {
  let separator = open;
  for (const item of items) {
    yield separator;
    yield* piecesOf(item);
    separator = ',';
  }
  yield separator === open ? `${open}${close}` : close;
}

function* entryPieces([name, value]: readonly [string, Json]): Generator<string> {
  yield `${JSON.stringify(name.slice(0, MAX_PREVIEW_LENGTH))}:`;
  yield* jsonPieces(value);
}

function* entriesOf(value: JsonObject): Generator<readonly [string, Json]> {
  for (const name of Object.keys(value)) {
    const item = value[name];
    if (item !== undefined) yield [name, item];
  }
}
