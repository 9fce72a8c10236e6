/**
 * A value as readable text, similar to `util.inspect` of Node.js.
 *
 * @module
 */
import { isBuffer } from '../../codec/value-kinds.ts';

const MAX_DEPTH = 4;
const MAX_ENTRIES = 100;
const MAX_WIDTH = 100;
const MAX_STRING_LENGTH = 2000;
const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

export function inspect(value: unknown): string {
  return render(value, [], false);
}

function render(value: unknown, ancestors: readonly object[], nested: boolean): string {
  switch (typeof value) {
    case 'string':
      return nested ? quoted(value) : value;
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'function':
      return value.name === '' ? '[Function (anonymous)]' : `[Function: ${value.name}]`;
    case 'object':
      return value === null ? 'null' : renderObject(value, ancestors);
    default:
      return String(value);
  }
}

const quoted = (text: string): string => {
  const cut = text.length > MAX_STRING_LENGTH ? `${text.slice(0, MAX_STRING_LENGTH)}…` : text;
  return cut.includes("'")
    ? JSON.stringify(cut)
    : `'${JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"')}'`;
};

function renderObject(value: object, ancestors: readonly object[]): string {
  if (ancestors.includes(value)) return '[Circular]';
  if (value instanceof Error) return renderError(value, ancestors);
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (isBuffer(value)) return renderBuffer(value);
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return 'Promise {…}';
  const name = className(value);
  if (ancestors.length >= MAX_DEPTH)
    return Array.isArray(value) ? '[Array]' : `[${name === '' ? 'Object' : name}]`;
  const nestedAncestors = [...ancestors, value];
  const each = (item: unknown): string => render(item, nestedAncestors, true);
  if (Array.isArray(value)) return enclose('[', value.length, sample(value).map(each), ']');
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) {
    const items = value as unknown as ArrayLike<number>;
    return enclose(`${name}(${items.length}) [`, items.length, sample(items).map(each), ']');
  }
  if (value instanceof Map)
    return enclose(
      `Map(${value.size}) {`,
      value.size,
      sample(value).map(([key, item]) => `${each(key)} => ${each(item)}`),
      '}',
    );
  if (value instanceof Set)
    return enclose(`Set(${value.size}) {`, value.size, sample(value).map(each), '}');
  const keys = Object.keys(value);
  const prefix = name === 'Object' ? '{' : name === '' ? '[Object: null prototype] {' : `${name} {`;
  return enclose(
    prefix,
    keys.length,
    sample(keys).map((key) => property(value, key, each)),
    '}',
  );
}

const MAX_BYTES = 50;

function renderBuffer(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, MAX_BYTES), (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  const rest = bytes.length - shown.length;
  if (rest > 0) shown.push(`... ${rest} more byte${rest === 1 ? '' : 's'}`);
  return ['<Buffer', ...shown].join(' ').concat('>');
}

function property(holder: object, key: string, each: (item: unknown) => string): string {
  const descriptor = Object.getOwnPropertyDescriptor(holder, key);
  const label = IDENTIFIER.test(key) ? key : quoted(key);
  return `${label}: ${descriptor?.get === undefined ? each(descriptor?.value) : '[Getter]'}`;
}

const sample = <T>(items: Iterable<T> | ArrayLike<T>): T[] => {
  const sampled: T[] = [];
  const source: Iterable<T> = Symbol.iterator in items ? items : Array.from(items);
  for (const item of source) {
    if (sampled.length >= MAX_ENTRIES) break;
    sampled.push(item);
  }
  return sampled;
};

function enclose(open: string, count: number, parts: readonly string[], close: string): string {
  const all = count > parts.length ? [...parts, `… ${count - parts.length} more`] : parts;
  if (all.length === 0) return open + close;
  const line = `${open} ${all.join(', ')} ${close}`;
  if (line.length <= MAX_WIDTH && !line.includes('\n')) return line;
  return `${open}\n${all.map((part) => `  ${part.replaceAll('\n', '\n  ')}`).join(',\n')}\n${close}`;
}

function renderError(error: Error, ancestors: readonly object[]): string {
  const head = typeof error.stack === 'string' ? error.stack : String(error);
  return error.cause === undefined
    ? head
    : `${head}\n  cause: ${render(error.cause, [...ancestors, error], true)}`;
}

function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return '';
  const constructorValue: unknown = Reflect.get(value, 'constructor');
  return typeof constructorValue === 'function' && constructorValue.name !== ''
    ? constructorValue.name
    : 'Object';
}
