/**
 * The digest of a call, which identifies it by its component and arguments: readable text if that
 * is short, else a hash.
 *
 * 1. Equal calls have equal digests at every position of the logic.
 * 2. A large part of the arguments counts as its hash.
 * 3. A component's name contains no `#`, and the text of arguments starts with `[` or `cbor:`.
 *    Therefore the two forms cannot be confused.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type EncodedArguments, PartMemo } from '../../codec/index.ts';
import { isStored, type Part } from '../../model/value.ts';

/** The longest digest that is readable text, in characters. */
const MAX_READABLE_LENGTH = 96;

/** `stepOne[1,"a"]`, or `stepOne#` and 128 bits of the SHA-256 of the arguments. */
export function digestOf(component: string, argumentsText: string): string {
  return component.length + argumentsText.length <= MAX_READABLE_LENGTH
    ? component + argumentsText
    : `${component}#${hashOf(argumentsText)}`;
}

/** The text of arguments of which the digest is made (2). */
export const argumentsText = ({
  digestText,
  parts,
}: Pick<EncodedArguments, 'digestText' | 'parts'>): string =>
  parts.length === 0 ? digestText : `${digestText}\n${partsText(parts)}`;

/** A text that identifies the parts by their content. */
export const partsText = (parts: readonly Part[]): string =>
  parts
    .map(({ path, value }) =>
      JSON.stringify([path, value.format, isStored(value) ? value.hash : partHash(value.text)]),
    )
    .join('\n');

/** Parts that the logic passed since the last event: a fan-out passes the same ones again. */
export const recentParts = new PartMemo();
const partHashes = new Map<string, string>();
const MAX_PART_HASHES = 16;

export function forgetRecentParts(): void {
  recentParts.clear();
  if (partHashes.size > 0) partHashes.clear();
}

function partHash(text: string): string {
  const known = partHashes.get(text);
  if (known !== undefined) return known;
  const hash = hashOf(text);
  if (partHashes.size >= MAX_PART_HASHES) partHashes.clear();
  partHashes.set(text, hash);
  return hash;
}

/** The text itself if it is short, else its length and hash. */
export const shorten = (text: string): string =>
  text.length <= MAX_READABLE_LENGTH ? text : `${text.length}#${hashOf(text)}`;

const CHUNK_BYTES = 16_384;

/**
 * 128 bits of the SHA-256 of the text, in hex. The first byte distinguishes Latin-1 from UTF-16.
 */
export function hashOf(text: string): string {
  const narrow = isLatin1(text);
  const hash = sha256.create();
  const bytes = new Uint8Array(CHUNK_BYTES);
  bytes[0] = narrow ? 1 : 2;
  let used = 1;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    bytes[used++] = unit;
    if (!narrow) bytes[used++] = unit >> 8;
    if (used >= CHUNK_BYTES - 1) {
      hash.update(bytes.subarray(0, used));
      used = 0;
    }
  }
  hash.update(bytes.subarray(0, used));
  let hex = '';
  for (const byte of hash.digest().subarray(0, 16)) hex += byte.toString(16).padStart(2, '0');
  return hex;
}

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
}
