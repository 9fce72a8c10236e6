/**
 * `atob` and `btoa`, which are not part of the language.
 *
 * @module
 */
import { fromBase64, toBase64 } from '../../codec/base64.ts';

/** Base64 to a text of bytes. @throws RangeError if the text is not base64 */
export function atob(base64: string): string {
  const compact = base64.replace(/[\t\n\f\r ]/g, '');
  let text = '';
  for (const byte of fromBase64(compact.padEnd(Math.ceil(compact.length / 4) * 4, '=')))
    text += String.fromCharCode(byte);
  return text;
}

/** A text of bytes to base64. @throws RangeError if a character is not a byte */
export function btoa(text: string): string {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0xff)
      throw new RangeError(
        'btoa accepts characters up to U+00FF: encode the text with TextEncoder first',
      );
    bytes[index] = unit;
  }
  return toBase64(bytes);
}
