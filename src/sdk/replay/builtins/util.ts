/**
 * `node:util` in a pipeline's logic, as far as it is pure.
 *
 * @module
 */
import { dequal } from 'dequal';
import { format as formatAll } from '../format.ts';
import { inspect } from '../inspect.ts';

export { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js';
export { inspect };

export const format = (...args: unknown[]): string => formatAll(args);
export const isDeepStrictEqual = (one: unknown, other: unknown): boolean => dequal(one, other);

type Callback = (error: unknown, value?: unknown) => void;

/** Converts a function with a callback as last parameter to a function that returns a promise. */
export const promisify =
  (original: (...args: unknown[]) => unknown) =>
  (...args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const done: Callback = (error, value) =>
        error === null || error === undefined ? resolve(value) : reject(error);
      original(...args, done);
    });

export const deprecate = <F>(fn: F): F => fn;

export function inherits(child: { prototype: object }, parent: { prototype: object }): void {
  Object.setPrototypeOf(child.prototype, parent.prototype);
}

const tagged =
  (...tags: readonly string[]) =>
  (value: unknown): boolean =>
    tags.includes(Object.prototype.toString.call(value).slice(8, -1));

export const types = Object.freeze({
  isDate: tagged('Date'),
  isRegExp: tagged('RegExp'),
  isMap: tagged('Map'),
  isSet: tagged('Set'),
  isPromise: tagged('Promise'),
  isNativeError: tagged('Error'),
  isGeneratorFunction: tagged('GeneratorFunction', 'AsyncGeneratorFunction'),
  isAsyncFunction: tagged('AsyncFunction', 'AsyncGeneratorFunction'),
  isArrayBuffer: tagged('ArrayBuffer'),
  isTypedArray: (value: unknown): boolean =>
    ArrayBuffer.isView(value) && !(value instanceof DataView),
  isUint8Array: tagged('Uint8Array'),
});

export default { deprecate, format, inherits, inspect, isDeepStrictEqual, promisify, types };
