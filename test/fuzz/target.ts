/**
 * A target: one decoder of bytes or texts from an untrusted source.
 *
 * 1. An input depends only on the random numbers that `generate` receives. `check` depends only on
 *    the input.
 * 2. `check` throws if the decoder breaks a rule: if it throws an error that it does not document,
 *    returns something malformed, or does not restore a valid input.
 *
 * @module
 */
import { inspect, isDeepStrictEqual } from 'node:util';
import type { Random } from '../simulation/random.ts';

export interface Target<I = unknown> {
  readonly name: string;
  /** The share of this target among all inputs, relative to the others: cheap ones have more. */
  readonly share: number;
  generate(random: Random): I;
  check(input: I): void | Promise<void>;
}

/** Something that `instanceof` accepts on its right side. */
type ErrorClass = { [Symbol.hasInstance](value: unknown): boolean };

const isOneOf = (error: unknown, allowed: readonly ErrorClass[]): boolean =>
  allowed.some((each) => each[Symbol.hasInstance](error));

/** The result of a decoder; undefined if it threw one of its documented errors. */
export function refusedWith<T>(allowed: readonly ErrorClass[], decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isOneOf(error, allowed)) return undefined;
    throw error;
  }
}

/** `refusedWith` of a decoder that is asynchronous. */
export async function rejectedWith<T>(
  allowed: readonly ErrorClass[],
  decode: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await decode();
  } catch (error) {
    if (isOneOf(error, allowed)) return undefined;
    throw error;
  }
}

export function requireThat(condition: boolean, violation: string): asserts condition {
  if (!condition) throw new Error(violation);
}

/** The value as JSON restores it: -0 becomes 0, and an infinity null. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const IN_FULL = { depth: null, maxArrayLength: null, maxStringLength: null, showHidden: true };

/** Two invalid dates are equal, too. */
export function requireEqual(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const [text, expectedText] = [actual, expected].map((value) => inspect(value, IN_FULL));
  if (text !== expectedText) throw new Error(`${what} is not what was encoded: it is ${text}`);
}
