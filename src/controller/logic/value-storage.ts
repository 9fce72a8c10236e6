/**
 * Inline values of the logic: their size, hash and preview, and the storage of large ones as
 * objects.
 *
 * An object is written before the record that refers to it. If the process ends in between, the
 * next one finds the object under the hash of its content, below the prefix of the run, with which
 * it is removed.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { MAX_INLINE_LENGTH } from '../../model/limits.ts';
import { type RunLocation, specValueKey } from '../../model/object-layout.ts';
import {
  type Arguments,
  type InlineValue,
  isStored,
  type StoredValue,
  type Value,
} from '../../model/value.ts';
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
  return value.text.length <= MAX_INLINE_LENGTH ? value : storeValue(objects, info, value, keyOf);
}

export async function storeValue(
  objects: Pick<Objects, 'putIfAbsent'>,
  info: RunLocation,
  value: InlineValue,
  keyOf: (info: RunLocation, hash: string) => string = specValueKey,
): Promise<StoredValue> {
  const { size, hash } = sizeAndHash(value);
  const key = keyOf(info, hash);
  await objects.putIfAbsent(key, bytesOf(value));
  return { format: value.format, key, size, hash };
}

/** The same for the data of a list of arguments. All of its parts are stored as objects. */
export async function storeLargeArguments(
  objects: ObjectWriter,
  info: RunLocation,
  { data, refs, parts }: Arguments,
): Promise<Arguments> {
  return {
    data: isStored(data) ? data : await storeIfLarge(objects, info, data),
    refs,
    ...(parts === undefined
      ? {}
      : {
          parts: await Promise.all(
            parts.map(async ({ path, value }) => ({
              path,
              value: isStored(value) ? value : await storePart(objects, info, value),
            })),
          ),
        }),
  };
}

type ObjectWriter = Pick<Objects, 'putIfAbsent'>;

/**
 * The stored form of parts, by the store and the prefix of the run. All calls of a page share the
 * object of a part (`model/command-page.ts`), so that it is hashed and written once for all of them.
 */
const storedParts = new WeakMap<
  ObjectWriter,
  WeakMap<InlineValue, Map<string, Promise<StoredValue>>>
>();

function storePart(
  objects: ObjectWriter,
  info: RunLocation,
  value: InlineValue,
): Promise<StoredValue> {
  const byValue = entryOf(storedParts, objects, () => new WeakMap());
  const byPrefix = entryOf(byValue, value, () => new Map<string, Promise<StoredValue>>());
  const prefix = specValueKey(info, '');
  const known = byPrefix.get(prefix);
  if (known !== undefined) return known;
  const stored = storeValue(objects, info, value);
  byPrefix.set(prefix, stored);
  stored.catch(() => byPrefix.delete(prefix));
  return stored;
}

function entryOf<K extends object, V>(map: WeakMap<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
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
