/**
 * Errors as data, and as errors again. Free of Node.js and zod, because it also runs in the logic's
 * context and in steps.
 *
 * 1. A record has a bounded size: texts are truncated, and `omitted` names what is left out.
 * 2. Reading a thrown value never throws, whatever its getters do.
 * 3. The record of an error that was made from a record is that record again.
 *
 * @module
 */
import { describeThrown } from './describe-thrown.ts';
import { docsOf, HEADRACE_BRAND } from './headrace-error.ts';
import type { Json, JsonObject } from './json.ts';
import {
  MAX_ERROR_CAUSES,
  MAX_ERROR_FIELDS,
  MAX_ERROR_FIELDS_LENGTH,
  MAX_ERROR_LENGTH,
  MAX_ERROR_MESSAGE_LENGTH,
  MAX_ERROR_NAME_LENGTH,
  MAX_ERROR_OMISSIONS,
  MAX_ERROR_STACK_LENGTH,
  MAX_FIELD_DEPTH,
  MAX_FIELD_NAME_LENGTH,
  MAX_INNER_ERRORS,
} from './limits.ts';
import { truncate } from './truncate.ts';

/** The classes, other than `Error`, that an error keeps. */
export const ERROR_CLASSES = [
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'HeadraceError',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** An error as data. */
export interface ErrorRecord {
  /** The name of its class. */
  readonly name: string;
  readonly message: string;
  /** Names only files of the user, relative to the project, once its positions are traced. */
  readonly stack?: string | undefined;
  /** The first position of the stack. */
  readonly location?: ErrorLocation | undefined;
  /** The lines of the source around `location`. */
  readonly codeFrame?: string | undefined;
  /** The step that it belongs to, if any. */
  readonly step?: string | undefined;
  /** The built-in class that it is an instance of, if not only of `Error`. */
  readonly class?: ErrorClass | undefined;
  /** Its own fields that are JSON data, as in `code` and `status`. */
  readonly fields?: JsonObject | undefined;
  readonly cause?: ErrorRecord | undefined;
  /** The inner errors of an `AggregateError`. */
  readonly errors?: readonly ErrorRecord[] | undefined;
  /** A thrown value or a cause that is JSON data and not an error. */
  readonly value?: Json | undefined;
  /** The parts of the error that the record lacks: names of fields, `stack`, `cause`, `errors`. */
  readonly omitted?: readonly string[] | undefined;
}

/** Lines and columns count from 1. */
export interface ErrorLocation {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ErrorRecordOptions {
  /**
   * `recorded`: an error has a stack only if it was made from a record. Other stacks differ between
   * machines.
   */
  readonly stacks?: 'all' | 'recorded';
  /** Changes the message of each error, as in to add advice. */
  readonly messageOf?: (name: string, message: string) => string;
  /** The stack in the record of an error that has none. */
  readonly missingStackOf?: (error: object) => string | undefined;
}

/** Errors that were made from records, each with what its record has in addition. */
const restoredErrors = new WeakMap<
  object,
  Pick<ErrorRecord, 'omitted' | 'location' | 'codeFrame'>
>();

/** True for an error of any realm. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  const tag = Object.prototype.toString.call(value);
  return tag === '[object Error]' || tag === '[object DOMException]' || value instanceof Error;
}

/**
 * A thrown value as data of bounded size. A value that is not an error has the name `NonError`, the
 * message `threw 42, which is not an Error`, and itself as `value` if it is JSON data.
 */
export function toErrorRecord(thrown: unknown, options: ErrorRecordOptions = {}): ErrorRecord {
  return new RecordReader(options).read(thrown, 0);
}

/** The most characters of a record beside its texts. */
const RECORD_OVERHEAD = 100;

class RecordReader {
  readonly #options: ErrorRecordOptions;
  #remaining = MAX_ERROR_LENGTH;

  constructor(options: ErrorRecordOptions) {
    this.#options = options;
  }

  read(thrown: unknown, depth: number): ErrorRecord {
    this.#remaining -= RECORD_OVERHEAD;
    try {
      return isErrorLike(thrown) ? this.#readError(thrown, depth) : this.#readNonError(thrown);
    } catch {
      return { name: 'NonError', message: 'threw something that cannot be inspected' };
    }
  }

  #readNonError(thrown: unknown): ErrorRecord {
    const value = jsonCopy(thrown, 0);
    const fits = value !== undefined && this.#spend(JSON.stringify(value).length);
    return {
      name: 'NonError',
      message: `threw ${describeThrown(thrown)}, which is not an Error`,
      ...(fits ? { value } : {}),
    };
  }

  #readError(error: ErrorLike, depth: number): ErrorRecord {
    const restored = restoredErrors.get(error);
    const omitted: string[] = [...(restored?.omitted ?? [])];
    const isHeadrace = HEADRACE_BRAND in error;
    const name = truncate(textOf(error.name || 'Error'), MAX_ERROR_NAME_LENGTH);
    const message = this.#text(
      this.#options.messageOf?.(name, textOf(error.message)) ?? textOf(error.message),
      MAX_ERROR_MESSAGE_LENGTH,
    );
    const stack = this.#stackOf(error, omitted);
    const step = isHeadrace ? propertyOf(error, 'step') : undefined;
    const errorClass = isHeadrace ? 'HeadraceError' : classOf(error);
    const inner = innerErrorsOf(error);
    const fields = this.#fieldsOf(error, isHeadrace, inner !== undefined, omitted);
    const cause = this.#causeOf(error, depth, omitted);
    const errors = inner && this.#innerErrors(inner, depth, omitted);
    return {
      name,
      message,
      ...(stack === undefined ? {} : { stack }),
      ...(restored?.location === undefined ? {} : { location: restored.location }),
      ...(restored?.codeFrame === undefined ? {} : { codeFrame: restored.codeFrame }),
      ...(typeof step === 'string' ? { step: truncate(step, MAX_ERROR_NAME_LENGTH) } : {}),
      ...(errorClass === undefined ? {} : { class: errorClass }),
      ...(fields === undefined ? {} : { fields }),
      ...(cause === undefined ? {} : { cause }),
      ...(errors === undefined ? {} : { errors }),
      ...(omitted.length === 0 ? {} : { omitted: omitted.slice(0, MAX_ERROR_OMISSIONS) }),
    };
  }

  /** Uses up a part of the record's length. Returns whether it was available. */
  #spend(length: number): boolean {
    if (length > this.#remaining) return false;
    this.#remaining -= length;
    return true;
  }

  #text(text: string, maxLength: number): string {
    const cut = truncate(text, Math.max(0, Math.min(maxLength, this.#remaining)));
    this.#remaining -= cut.length;
    return cut;
  }

  #stackOf(error: ErrorLike, omitted: string[]): string | undefined {
    if (this.#options.stacks === 'recorded' && !restoredErrors.has(error)) return undefined;
    const stack = propertyOf(error, 'stack');
    if (typeof stack !== 'string' || stack === '') return this.#options.missingStackOf?.(error);
    if (this.#remaining > RECORD_OVERHEAD) return this.#text(stack, MAX_ERROR_STACK_LENGTH);
    omitted.push('stack');
    return undefined;
  }

  #fieldsOf(
    error: ErrorLike,
    isHeadrace: boolean,
    hasInnerErrors: boolean,
    omitted: string[],
  ): JsonObject | undefined {
    const fields: [string, Json][] = [];
    let length = 0;
    for (const key of fieldNames(error)) {
      if (isHeadrace && (key === 'docs' || key === 'step')) continue;
      if (hasInnerErrors && key === 'errors') continue;
      const field = propertyOf(error, key);
      if (field === undefined) continue;
      const value = jsonCopy(field, 0);
      const size = value === undefined ? 0 : key.length + JSON.stringify(value).length + 4;
      if (
        value === undefined ||
        key.length > MAX_FIELD_NAME_LENGTH ||
        fields.length >= MAX_ERROR_FIELDS ||
        length + size > MAX_ERROR_FIELDS_LENGTH ||
        !this.#spend(size)
      ) {
        omitted.push(truncate(key, MAX_FIELD_NAME_LENGTH));
        continue;
      }
      length += size;
      fields.push([key, value]);
    }
    return fields.length === 0 ? undefined : Object.fromEntries(fields);
  }

  #causeOf(error: ErrorLike, depth: number, omitted: string[]): ErrorRecord | undefined {
    const cause = propertyOf(error, 'cause');
    if (cause === undefined) return undefined;
    if (depth < MAX_ERROR_CAUSES && this.#remaining > RECORD_OVERHEAD)
      return this.read(cause, depth + 1);
    omitted.push('cause');
    return undefined;
  }

  #innerErrors(
    inner: readonly unknown[],
    depth: number,
    omitted: string[],
  ): readonly ErrorRecord[] {
    const records: ErrorRecord[] = [];
    for (const each of inner) {
      if (
        depth >= MAX_ERROR_CAUSES ||
        records.length >= MAX_INNER_ERRORS ||
        this.#remaining <= RECORD_OVERHEAD
      ) {
        omitted.push('errors');
        break;
      }
      records.push(this.read(each, depth + 1));
    }
    return records;
  }
}

interface ErrorLike {
  readonly name: unknown;
  readonly message: unknown;
}

/** Checks the shape instead of the class, because an error may belong to another realm. */
function isErrorLike(value: unknown): value is ErrorLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    (('name' in value && 'message' in value) || isError(value))
  );
}

/** An object has a text of its own class, or none. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** The value of a property; undefined if its getter throws. */
function propertyOf(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch {
    return undefined;
  }
}

const STANDARD_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);
/** Fields that classes often define as getters, which are no own fields. */
const INHERITED_FIELDS = ['code', 'status'];

function fieldNames(error: object): readonly string[] {
  const own = Object.keys(error).filter((key) => !STANDARD_FIELDS.has(key) && key !== '__proto__');
  const inherited = INHERITED_FIELDS.filter((key) => {
    const value = Object.hasOwn(error, key) ? undefined : propertyOf(error, key);
    return typeof value === 'string' || typeof value === 'number';
  });
  return [...own, ...inherited];
}

function innerErrorsOf(error: object): readonly unknown[] | undefined {
  const errors = propertyOf(error, 'errors');
  if (!Array.isArray(errors)) return undefined;
  return classOf(error) === 'AggregateError' || errors.some(isError) ? errors : undefined;
}

/** The nearest built-in class of any realm, by the names of the constructors of its prototypes. */
function classOf(error: object): ErrorClass | undefined {
  let prototype: object | null = Object.getPrototypeOf(error);
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    const name = typeof made === 'function' ? made.name : '';
    const found = ERROR_CLASSES.find((each) => each === name);
    if (found !== undefined && found !== 'HeadraceError') return found;
  }
  return undefined;
}

/** A copy of JSON data; undefined for any other value, and for data that is nested too deep. */
function jsonCopy(value: unknown, depth: number): Json | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object' || depth >= MAX_FIELD_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const copies: Json[] = [];
    for (const item of value) {
      const copy = jsonCopy(item, depth + 1);
      if (copy === undefined) return undefined;
      copies.push(copy);
    }
    return copies;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return undefined;
  const entries: [string, Json][] = [];
  for (const key of Object.keys(value)) {
    const item = propertyOf(value, key);
    if (item === undefined) continue;
    const copy = jsonCopy(item, depth + 1);
    if (copy === undefined || key === '__proto__') return undefined;
    entries.push([key, copy]);
  }
  return Object.fromEntries(entries);
}

/** What was thrown: an error of this realm, or the value that is not an error. */
export function thrownFromRecord(record: ErrorRecord): unknown {
  return record.value === undefined ? errorFromRecord(record) : record.value;
}

/** A recorded error as an error of this realm and of its built-in class, with its fields. */
export function errorFromRecord(record: ErrorRecord): Error {
  const error = createError(record);
  restoredErrors.set(error, {
    omitted: record.omitted,
    location: record.location,
    codeFrame: record.codeFrame,
  });
  if (error.name !== record.name) define(error, 'name', record.name, false);
  define(error, 'stack', record.stack ?? `${record.name}: ${record.message}`, false);
  if (record.cause !== undefined) define(error, 'cause', thrownFromRecord(record.cause), false);
  if (record.errors !== undefined && record.class !== 'AggregateError')
    define(error, 'errors', record.errors.map(thrownFromRecord), false);
  for (const [key, value] of Object.entries(record.fields ?? {})) define(error, key, value, true);
  if (record.class === 'HeadraceError') {
    if (record.step !== undefined) define(error, 'step', record.step, true);
    define(error, 'docs', docsOf(record.name), true);
    define(error, HEADRACE_BRAND, true, false);
  }
  return error;
}

function createError({ class: errorClass, message, errors = [] }: ErrorRecord): Error {
  switch (errorClass) {
    case 'AggregateError':
      return new AggregateError(errors.map(thrownFromRecord), message);
    case 'EvalError':
      return new EvalError(message);
    case 'RangeError':
      return new RangeError(message);
    case 'ReferenceError':
      return new ReferenceError(message);
    case 'SyntaxError':
      return new SyntaxError(message);
    case 'TypeError':
      return new TypeError(message);
    case 'URIError':
      return new URIError(message);
    default:
      return new Error(message);
  }
}

function define(target: object, key: PropertyKey, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}
