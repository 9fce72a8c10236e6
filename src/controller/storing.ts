/**
 * Inline values that are too long to ride along become objects, keyed by their content.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { INLINE_LIMIT, type InlineValue, type Value } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';

export async function storeIfLarge(objects: Objects, prefix: string, value: InlineValue): Promise<Value> {
  if (value.text.length <= INLINE_LIMIT) return value;
  const bytes = Buffer.from(value.text, value.format === 'cbor' ? 'base64' : 'utf8');
  const hash = createHash('sha256').update(bytes).digest('hex');
  const key = `${prefix}/${hash}`;
  await objects.putIfAbsent(key, bytes);
  return { format: value.format, key, size: bytes.length, hash };
}
