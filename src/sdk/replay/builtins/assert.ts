/**
 * `node:assert` in a pipeline's logic. Messages are shorter than those of Node.js.
 *
 * @module
 */
import { isDeepLooseEqual, isDeepStrictEqual, isLooseEqual } from '../deep-equal.ts';
import { inspect } from '../inspect.ts';
import { refusedMembers } from '../refused-members.ts';

export class AssertionError extends Error {
  readonly code = 'ERR_ASSERTION';
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;

  constructor({
    message,
    actual,
    expected,
    operator = 'fail',
  }: { message?: string; actual?: unknown; expected?: unknown; operator?: string }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }

  override get name(): string {
    return 'AssertionError';
  }
}

type Message = string | Error | undefined;

function check(
  holds: boolean,
  message: Message,
  operator: string,
  actual: unknown,
  expected: unknown,
): void {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({
    ...(message === undefined ? {} : { message }),
    actual,
    expected,
    operator,
  });
}

export function ok(value: unknown, message?: Message): void {
  check(Boolean(value), message ?? 'The expression evaluated to a falsy value', '==', value, true);
}

export function fail(message: string | Error = 'Failed'): never {
  throw message instanceof Error ? message : new AssertionError({ message });
}

export const strictEqual = (actual: unknown, expected: unknown, message?: Message): void =>
  check(Object.is(actual, expected), message, 'strictEqual', actual, expected);
export const notStrictEqual = (actual: unknown, expected: unknown, message?: Message): void =>
  check(!Object.is(actual, expected), message, 'notStrictEqual', actual, expected);
export const deepStrictEqual = (actual: unknown, expected: unknown, message?: Message): void =>
  check(isDeepStrictEqual(actual, expected), message, 'deepStrictEqual', actual, expected);
export const notDeepStrictEqual = (actual: unknown, expected: unknown, message?: Message): void =>
  check(!isDeepStrictEqual(actual, expected), message, 'notDeepStrictEqual', actual, expected);
export const match = (actual: string, pattern: RegExp, message?: Message): void =>
  check(pattern.test(actual), message, 'match', actual, pattern);
export const doesNotMatch = (actual: string, pattern: RegExp, message?: Message): void =>
  check(!pattern.test(actual), message, 'doesNotMatch', actual, pattern);

export const equal = (actual: unknown, expected: unknown, message?: Message): void =>
  check(isLooseEqual(actual, expected), message, '==', actual, expected);
export const notEqual = (actual: unknown, expected: unknown, message?: Message): void =>
  check(!isLooseEqual(actual, expected), message, '!=', actual, expected);
export const deepEqual = (actual: unknown, expected: unknown, message?: Message): void =>
  check(isDeepLooseEqual(actual, expected), message, 'deepEqual', actual, expected);
export const notDeepEqual = (actual: unknown, expected: unknown, message?: Message): void =>
  check(!isDeepLooseEqual(actual, expected), message, 'notDeepEqual', actual, expected);

/** Throws a value that is neither null nor undefined, as the error of a callback. */
export function ifError(value: unknown): void {
  if (value === null || value === undefined) return;
  throw new AssertionError({
    message: `ifError got unwanted exception: ${value instanceof Error ? value.message : inspect(value)}`,
    actual: value,
    expected: null,
    operator: 'ifError',
  });
}

type Expected =
  | RegExp
  | (new (
      ...args: never
    ) => unknown)
  | ((error: unknown) => boolean)
  | Readonly<Record<string, unknown>>;

function isExpected(error: unknown, expected: Expected | undefined): boolean {
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected === 'object') return hasProperties(error, expected);
  if (Object.hasOwn(expected, 'prototype') && error instanceof expected) return true;
  return (
    !Object.hasOwn(expected, 'prototype') && Reflect.apply(expected, undefined, [error]) === true
  );
}

/** `{ name: 'TypeError', message: /text/ }` */
const hasProperties = (error: unknown, expected: Readonly<Record<string, unknown>>): boolean =>
  typeof error === 'object' &&
  error !== null &&
  [...Object.keys(expected), ...(expected instanceof Error ? ['name', 'message'] : [])].every(
    (key) => {
      const actual: unknown = Reflect.get(error, key);
      const wanted: unknown = Reflect.get(expected, key);
      return wanted instanceof RegExp && typeof actual === 'string'
        ? wanted.test(actual)
        : isDeepStrictEqual(actual, wanted);
    },
  );

export function throws(fn: () => unknown, expected?: Expected, message?: Message): void {
  try {
    fn();
  } catch (error) {
    if (!isExpected(error, expected)) throw error;
    return;
  }
  check(false, message ?? 'Missing expected exception', 'throws', undefined, expected);
}

export async function rejects(
  promise: PromiseLike<unknown> | (() => PromiseLike<unknown>),
  expected?: Expected,
  message?: Message,
): Promise<void> {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    if (!isExpected(error, expected)) throw error;
    return;
  }
  check(false, message ?? 'Missing expected rejection', 'rejects', undefined, expected);
}

export function doesNotThrow(fn: () => unknown): void {
  try {
    fn();
  } catch (error) {
    check(false, unwanted(error), 'doesNotThrow', error, undefined);
  }
}

export async function doesNotReject(
  promise: PromiseLike<unknown> | (() => PromiseLike<unknown>),
): Promise<void> {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    check(false, unwanted(error), 'doesNotReject', error, undefined);
  }
}

const unwanted = (error: unknown): string =>
  `Got unwanted exception. Actual message: ${inspect(error instanceof Error ? error.message : error)}`;

const refused = refusedMembers('assert', ['CallTracker', 'partialDeepStrictEqual']);
export const { CallTracker, partialDeepStrictEqual } = refused;

const shared = {
  ...refused,
  AssertionError,
  deepStrictEqual,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  fail,
  ifError,
  match,
  notDeepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
};

export const strict = Object.assign(
  (value: unknown, message?: Message): void => ok(value, message),
  shared,
  {
    deepEqual: deepStrictEqual,
    equal: strictEqual,
    notDeepEqual: notDeepStrictEqual,
    notEqual: notStrictEqual,
  },
);
Object.assign(strict, { strict });

const assert = Object.assign(
  (value: unknown, message?: Message): void => ok(value, message),
  shared,
  { deepEqual, equal, notDeepEqual, notEqual, strict },
);

export default assert;
