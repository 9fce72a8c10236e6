/**
 * The length of texts in UTF-8.
 *
 * @module
 */

/** Bytes of the text in UTF-8. Uses no module of Node.js: it also runs in the logic's context. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Two units of a surrogate pair make four bytes.
    bytes += unit < 0x800 || isHighSurrogateOfPair(text, index) || isLowOfPair(text, index) ? 1 : 2;
  }
  return bytes;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

const isHighSurrogateOfPair = (text: string, index: number): boolean =>
  isHigh(text.charCodeAt(index)) && isLow(text.charCodeAt(index + 1));
const isLowOfPair = (text: string, index: number): boolean =>
  isLow(text.charCodeAt(index)) && index > 0 && isHigh(text.charCodeAt(index - 1));
