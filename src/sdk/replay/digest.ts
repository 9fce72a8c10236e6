/**
 * What a call is identified by: its component and its arguments, as text while that is short, as a hash beyond.
 *
 * 1. Equal work has an equal digest wherever it stands: positions and numbers of calls have no part in it.
 * 2. A component's name holds no `#`, and the text of arguments begins with `[` or `cbor:`: the two forms cannot be confused.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';

/** Up to this many characters a digest is readable text. */
const MAX_READABLE_LENGTH = 96;

/** `stepOne[1,"a"]`, or `stepOne#` and 128 bits of the SHA-256 of the arguments. */
export function digestOf(component: string, argumentsText: string): string {
  return component.length + argumentsText.length <= MAX_READABLE_LENGTH
    ? component + argumentsText
    : `${component}#${hashOf(argumentsText)}`;
}

/** The text itself while it is short; its length and hash beyond. */
export const shorten = (text: string): string =>
  text.length <= MAX_READABLE_LENGTH ? text : `${text.length}#${hashOf(text)}`;

const CHUNK_BYTES = 16_384;

/** 128 bits of the SHA-256 of the text in hex; Latin-1 and UTF-16 are told apart by a first byte. */
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
