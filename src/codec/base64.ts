/**
 * Base64 (RFC 4648, with padding), with Node's Buffer where there is one and without where there is
 * none.
 *
 * @module
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const NON_BASE64 = /[^A-Za-z0-9+/]/;

export function toBase64(bytes: Uint8Array): string {
  if (typeof Buffer !== 'undefined')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const remaining = bytes.length - index;
    const bits = (at(bytes, index) << 16) | (at(bytes, index + 1) << 8) | at(bytes, index + 2);
    text +=
      letter(bits >> 18) +
      letter(bits >> 12) +
      (remaining > 1 ? letter(bits >> 6) : '=') +
      (remaining > 2 ? letter(bits) : '=');
  }
  return text;
}

/** @throws RangeError if `text` is not base64. */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0 || NON_BASE64.test(text.slice(0, text.length - padding)))
    throw new RangeError('this is not base64');
  if (typeof Buffer !== 'undefined') return new Uint8Array(Buffer.from(text, 'base64'));
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let index = 0, out = 0; index < text.length; index += 4) {
    const bits =
      (sextet(text, index) << 18) |
      (sextet(text, index + 1) << 12) |
      (sextet(text, index + 2) << 6) |
      sextet(text, index + 3);
    // Writes beyond the end, the padding's, are ignored.
    bytes[out++] = bits >> 16;
    bytes[out++] = bits >> 8;
    bytes[out++] = bits;
  }
  return bytes;
}

const at = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;
const letter = (bits: number): string => ALPHABET.charAt(bits & 63);
const sextet = (text: string, index: number): number =>
  Math.max(0, ALPHABET.indexOf(text.charAt(index)));
