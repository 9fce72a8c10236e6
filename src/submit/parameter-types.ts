/**
 * Checks JSON values against the types that parameters have in the source. It is not a type
 * checker.
 *
 * @module
 */

import type { Parameter, ParameterType } from '../model/code.ts';
import type { Json } from '../model/json.ts';

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
    case 'object':
      return type.properties.length === 0
        ? 'object'
        : `{ ${type.properties.map((p) => `${p.name}${p.optional ? '?' : ''}: ${typeText(p.type)}`).join(', ')} }`;
    default:
      return type.kind;
  }
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
  path = '',
): Mismatch | undefined {
  const found = { path, expected: typeText(type), actual: previewJson(value) };
  switch (type.kind) {
    case 'any':
      return undefined;
    case 'null':
      return value === null ? undefined : found;
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type.kind ? undefined : found;
    case 'literal':
      return value === type.value ? undefined : found;
    case 'union':
      return unionMismatch(value, type.of, exact, path) ? found : undefined;
    case 'array':
      if (!Array.isArray(value)) return found;
      return firstMismatch(value.entries(), ([index, item]) =>
        findMismatch(item, type.of, exact, `${path}[${index}]`),
      );
    case 'object':
      return isObject(value) ? objectMismatch(value, type, exact, path) : found;
  }
}

const unionMismatch = (
  value: Json | undefined,
  of: readonly ParameterType[],
  exact: boolean,
  path: string,
) => of.every((member) => findMismatch(value, member, exact, path) !== undefined);

function objectMismatch(
  value: Readonly<Record<string, Json>>,
  type: Extract<ParameterType, { kind: 'object' }>,
  exact: boolean,
  path: string,
): Mismatch | undefined {
  const known = new Set(type.properties.map((property) => property.name));
  const extra =
    exact && known.size > 0 ? Object.keys(value).find((key) => !known.has(key)) : undefined;
  if (extra !== undefined)
    return {
      path: member(path, extra),
      expected: `no such property, only ${[...known].join(', ')}`,
      actual: previewJson(value[extra]),
    };
  return firstMismatch(type.properties, (property) => {
    const has = Object.hasOwn(value, property.name);
    if (!has)
      return property.optional
        ? undefined
        : {
            path: member(path, property.name),
            expected: typeText(property.type),
            actual: 'nothing',
          };
    return findMismatch(value[property.name], property.type, exact, member(path, property.name));
  });
}

function firstMismatch<T>(
  items: Iterable<T>,
  find: (item: T) => Mismatch | undefined,
): Mismatch | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isObject = (value: Json | undefined): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const member = (path: string, name: string): string =>
  /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;

/** The first characters of a value as JSON text. */
export function previewJson(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
