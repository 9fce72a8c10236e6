/**
 * Encodes values: pure JSON as readable JSON text, every other supported value as CBOR.
 *
 * Uses no module of Node.js, because it runs in the evaluator's context and in steps. An array's
 * extra properties and an object's prototype are not encoded.
 *
 * @module
 */
import type { InlineValue, Ref } from '../model/value.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { fromBytes, toBytes } from './cbor.ts';
import { CorruptValueError } from './errors.ts';
import { divideArguments, type LargePart } from './large-parts.ts';
import type { PartMemo } from './part-memo.ts';
import {
  classify,
  type FoundLazy,
  type LazyOf,
  NO_LAZIES,
  type Stacks,
  toCborValue,
} from './to-cbor.ts';

export { CorruptValueError, UnserializableValueError } from './errors.ts';
export { type LargePart, MAX_WHOLE_LENGTH, NO_PARTS } from './large-parts.ts';
export { PartMemo } from './part-memo.ts';
export type { LazyOf, LazyTarget } from './to-cbor.ts';

export type Encoded =
  | { readonly format: 'json'; readonly text: string }
  | { readonly format: 'cbor'; readonly bytes: Uint8Array };

/**
 * @param stacks `recorded` in the logic: the stack of an error that the logic made differs between
 *   machines
 * @throws UnserializableValueError that names the place inside the value
 */
export function encode(value: unknown, stacks: Stacks = 'all'): Encoded {
  if (classify(value, NO_LAZIES) === 'json') return { format: 'json', text: JSON.stringify(value) };
  return { format: 'cbor', bytes: toBytes(toCborValue(value, NO_LAZIES, [], stacks).cborValue) };
}

/** The value again, made of this realm's objects. @throws CorruptValueError */
export function decode(encoded: Encoded): unknown {
  try {
    return encoded.format === 'json' ? JSON.parse(encoded.text) : fromBytes(encoded.bytes);
  } catch (error) {
    throw new CorruptValueError(encoded.format, error);
  }
}

export interface EncodedArguments {
  /** The list of arguments, with `null` in the place of each Lazy and each large part. */
  readonly data: Encoded;
  readonly parts: readonly LargePart[];
  readonly refs: readonly Ref[];
  /**
   * With the parts, equal for calls with equal arguments: a Lazy counts as its `key`, not as the
   * number of its call.
   */
  readonly digestText: string;
}

const NO_REFS: readonly Ref[] = [];

/**
 * Encodes the arguments of a call. Lazies may stand anywhere in arrays and objects; `names` are the
 * parameters' names, for errors, and `memo` has parts of earlier calls.
 *
 * @throws UnserializableValueError
 */
export function encodeArguments(
  args: readonly unknown[],
  lazyOf: LazyOf,
  names: readonly string[] = [],
  memo?: PartMemo,
): EncodedArguments {
  const kind = classify(args, lazyOf);
  if (kind === 'json') {
    const { rest, parts } = divideArguments(args, args, { memo });
    const text = JSON.stringify(rest);
    return { data: { format: 'json', text }, parts, refs: NO_REFS, digestText: text };
  }
  const lazies: FoundLazy[] = [];
  const converted = args.map((arg, index) => {
    const root = [names[index] ?? `arguments[${index}]`];
    const conversion = toCborValue(arg, lazyOf, root, 'recorded');
    for (const lazy of conversion.lazies) lazies.push({ ...lazy, path: [index, ...lazy.path] });
    return conversion.cborValue;
  });
  const { rest, parts } = divideArguments(args, converted, {
    lazyPaths: lazies.map(({ path }) => path),
    mayBeCbor: kind === 'other',
    memo,
  });
  const data: Encoded =
    kind === 'jsonWithLazies'
      ? { format: 'json', text: JSON.stringify(rest) }
      : { format: 'cbor', bytes: toBytes(rest) };
  const digest = [
    data.format === 'json' ? data.text : `cbor:${toBase64(data.bytes)}`,
    ...lazies.map(({ path, value, key }) => JSON.stringify([path, value, key])),
  ];
  return {
    data,
    parts,
    refs: lazies.map(({ path, call, value }) => ({ path: [...path], call, value })),
    digestText: digest.join('\n'),
  };
}

/** Puts values in the places of Lazies, in `args` itself, which it returns. */
export function placeRefs(
  args: unknown[],
  refs: readonly { readonly path: readonly (string | number)[]; readonly value: unknown }[],
): unknown[] {
  for (const { path, value } of refs) {
    let holder: object = args;
    for (const part of path.slice(0, -1)) {
      const next: unknown = Object.getOwnPropertyDescriptor(holder, part)?.value;
      if (typeof next !== 'object' || next === null) throw noPlace(path);
      holder = next;
    }
    const last = path.at(-1);
    if (last === undefined)
      throw new CorruptValueError('arguments', new RangeError('a reference without a place'));
    if (!Object.hasOwn(holder, last) || (Array.isArray(holder) && typeof last === 'string'))
      throw noPlace(path);
    // Not an assignment: the key may be `__proto__`.
    Object.defineProperty(holder, last, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return args;
}

const noPlace = (path: readonly (string | number)[]): CorruptValueError =>
  new CorruptValueError('arguments', new RangeError(`there is no place ${JSON.stringify(path)}`));

/** JSON text as it is, CBOR in base64. */
export const toInline = (encoded: Encoded): InlineValue =>
  encoded.format === 'json'
    ? { format: 'json', text: encoded.text }
    : { format: 'cbor', text: toBase64(encoded.bytes) };

/** @throws CorruptValueError */
export function fromInline(value: InlineValue): Encoded {
  if (value.format === 'json') return { format: 'json', text: value.text };
  try {
    return { format: 'cbor', bytes: fromBase64(value.text) };
  } catch (error) {
    throw new CorruptValueError('cbor', error);
  }
}
