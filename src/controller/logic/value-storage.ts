/**
 * Inline values that are too long to ride along become objects, keyed by their content.
 *
 * @module
 */
import {
  type Arguments,
  type InlineValue,
  isStored,
  MAX_INLINE_LENGTH,
  type Value,
} from '../../model/value.ts';
import type { Objects } from '../../ports/objects.ts';
import { bytesOf, sizeAndHash } from './inline-values.ts';

export async function storeIfLarge(
  objects: Objects,
  prefix: string,
  value: InlineValue,
): Promise<Value> {
  if (value.text.length <= MAX_INLINE_LENGTH) return value;
  const { size, hash } = sizeAndHash(value);
  const key = `${prefix}/${hash}`;
  await objects.putIfAbsent(key, bytesOf(value));
  return { format: value.format, key, size, hash };
}

/** The same for a list of arguments: its references stay beside the data. */
export async function storeLargeArguments(
  objects: Objects,
  prefix: string,
  args: Arguments,
): Promise<Arguments> {
  return isStored(args.data)
    ? args
    : { ...args, data: await storeIfLarge(objects, prefix, args.data) };
}
