/**
 * Inline values of the logic: their size, hash and preview, and the storage of large ones as
 * objects.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { MAX_INLINE_LENGTH } from '../../model/limits.ts';
import { type RunLocation, specValueKey } from '../../model/object-layout.ts';
import { type Arguments, type InlineValue, isStored, type Value } from '../../model/value.ts';
import type { Objects } from '../../ports/objects.ts';

const MAX_PREVIEW_LENGTH = 200;

/**
 * The value itself if it is small, else a reference to an object that is keyed by the hash of its
 * content.
 */
export async function storeIfLarge(
  objects: Pick<Objects, 'putIfAbsent'>,
  info: RunLocation,
  value: InlineValue,
  keyOf: (info: RunLocation, hash: string) => string = specValueKey,
): Promise<Value> {
  if (value.text.length <= MAX_INLINE_LENGTH) return value;
  const { size, hash } = sizeAndHash(value);
  const key = keyOf(info, hash);
  await objects.putIfAbsent(key, bytesOf(value));
  return { format: value.format, key, size, hash };
}

/** The same for the data of a list of arguments. Its references are returned as they are. */
export async function storeLargeArguments(
  objects: Pick<Objects, 'putIfAbsent'>,
  info: RunLocation,
  args: Arguments,
): Promise<Arguments> {
  return isStored(args.data)
    ? args
    : { ...args, data: await storeIfLarge(objects, info, args.data) };
}

/** Size in bytes and SHA-256 (hex) of the encoded value. */
export function sizeAndHash(value: InlineValue): { readonly size: number; readonly hash: string } {
  const bytes = bytesOf(value);
  return { size: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') };
}

/** The start of the value as readable text. */
export function previewOf(value: InlineValue): string {
  if (value.format === 'cbor') return `${bytesOf(value).length} bytes of CBOR`;
  return value.text.length <= MAX_PREVIEW_LENGTH
    ? value.text
    : `${value.text.slice(0, MAX_PREVIEW_LENGTH - 1)}…`;
}

/** The encoded value. */
const bytesOf = ({ format, text }: InlineValue): Buffer =>
  Buffer.from(text, format === 'cbor' ? 'base64' : 'utf8');
