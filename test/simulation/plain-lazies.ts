/**
 * The Lazies of a plain run: values that are marked with their call and return value.
 *
 * @module
 */
import type { Arguments, InlineValue, Part, Ref } from '../../src/model/value.ts';

export const LAZY: unique symbol = Symbol('lazy');

export interface MarkedLazy {
  readonly [LAZY]: { readonly call: { readonly call: number }; readonly value: number | null };
}

const isLazy = (value: unknown): value is MarkedLazy =>
  typeof value === 'object' && value !== null && LAZY in value;

/** The number of the call of a Lazy. */
export const callOfLazy = (value: unknown): number | undefined =>
  isLazy(value) ? value[LAZY].call.call : undefined;

export function withoutLazies(
  value: unknown,
  path: readonly (string | number)[],
  refs: Ref[],
): unknown {
  if (isLazy(value)) {
    const { call, value: index } = value[LAZY];
    refs.push({ path: [...path], call: call.call, value: index });
    return null;
  }
  if (Array.isArray(value)) return value.map((item, n) => withoutLazies(item, [...path, n], refs));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, withoutLazies(item, [...path, key], refs)]),
    );
  return value;
}

export function laziesIn(value: unknown): unknown[] {
  if (isLazy(value)) return [value];
  return Array.isArray(value) ? [...new Set(value.flatMap(laziesIn))] : [];
}

export function withValues(value: unknown, values: ReadonlyMap<unknown, unknown>): unknown {
  if (values.has(value)) return values.get(value);
  return Array.isArray(value) ? value.map((item) => withValues(item, values)) : value;
}

/** Texts that are longer are parts of their own, as in the real evaluator. */
const MAX_TEXT_LENGTH = 16_384;
/** Calls of a page share the object of an equal part. */
const partValues = new Map<string, InlineValue>();

export function encodeArguments(args: readonly unknown[], refs: readonly Ref[]): Arguments {
  const parts: Part[] = [];
  const rest = withoutLargeTexts(args, [], parts);
  return {
    data: { format: 'json', text: JSON.stringify(rest) },
    refs: [...refs],
    ...(parts.length === 0 ? {} : { parts }),
  };
}

function withoutLargeTexts(value: unknown, path: Part['path'], parts: Part[]): unknown {
  if (typeof value === 'string' && value.length > MAX_TEXT_LENGTH) {
    const shared = partValues.get(value) ?? { format: 'json', text: JSON.stringify(value) };
    partValues.set(value, shared);
    parts.push({ path, value: shared });
    return null;
  }
  if (Array.isArray(value))
    return value.map((item, index) => withoutLargeTexts(item, [...path, index], parts));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      withoutLargeTexts(item, [...path, key], parts),
    ]),
  );
}
