/**
 * Facts about inline values.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { InlineValue } from '../../model/value.ts';

const MAX_PREVIEW_LENGTH = 200;

/** The encoded value. */
export const bytesOf = ({ format, text }: InlineValue): Buffer =>
  Buffer.from(text, format === 'cbor' ? 'base64' : 'utf8');

/** Size in bytes and SHA-256 (hex) of the encoded value. */
export function sizeAndHash(value: InlineValue): { readonly size: number; readonly hash: string } {
  const bytes = bytesOf(value);
  return { size: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') };
}

/** The beginning of the value as readable text. */
export function previewOf(value: InlineValue): string {
  if (value.format === 'cbor') return `${bytesOf(value).length} bytes of CBOR`;
  return value.text.length <= MAX_PREVIEW_LENGTH
    ? value.text
    : `${value.text.slice(0, MAX_PREVIEW_LENGTH - 1)}…`;
}
