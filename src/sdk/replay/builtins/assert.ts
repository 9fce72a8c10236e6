/**
 * `node:assert` in a pipeline's logic. The loose functions compare strictly, too.
 *
 * @module
 */
import { dequal } from 'dequal';
import { inspect } from '../inspect.ts';

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
  check(dequal(actual, expected), message, 'deepStrictEqual', actual, expected);
export const notDeepStrictEqual = (actual: unknown, expected: unknown, message?: Message): void =>
  check(!dequal(actual, expected), message, 'notDeepStrictEqual', actual, expected);
export const match = (actual: string, pattern: RegExp, message?: Message): void =>
  check(pattern.test(actual), message, 'match', actual, pattern);
export const doesNotMatch = (actual: string, pattern: RegExp, message?: Message): void =>
  check(!pattern.test(actual), message, 'doesNotMatch', actual, pattern);

type Expected = RegExp | (new (...args: never) => unknown) | ((error: unknown) => boolean);

function isExpected(error: unknown, expected: Expected | undefined): boolean {
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (Object.hasOwn(expected, 'prototype') && error instanceof expected) return true;
  return (
    !Object.hasOwn(expected, 'prototype') && Reflect.apply(expected, undefined, [error]) === true
  );
}

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

export {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  notStrictEqual as notEqual,
  strictEqual as equal,
};

const assert = Object.assign((value: unknown, message?: Message): void => ok(value, message), {
  AssertionError,
  deepEqual: deepStrictEqual,
  deepStrictEqual,
  doesNotMatch,
  equal: strictEqual,
  fail,
  match,
  notDeepEqual: notDeepStrictEqual,
  notDeepStrictEqual,
  notEqual: notStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
});

export const strict = assert;
export default assert;
