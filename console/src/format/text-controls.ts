/**
 * Characters of a terminal's output that are not text.
 *
 * @module
 */

/** Controls of the direction of text, with what a reader sees in their place. */
const BIDI_MARKS: ReadonlyMap<string, string> = new Map(
  [
    0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
  ].map((code) => [
    String.fromCharCode(code),
    `U+${code.toString(16).toUpperCase().padStart(4, '0')}`,
  ]),
);

/** The mark of a control of the direction of text; undefined for any other character. */
export const bidiMarkOf = (char: string): string | undefined => BIDI_MARKS.get(char);

/** Controls of C0 and C1, and DEL. */
export function isControl(char: string): boolean {
  const code = char.charCodeAt(0);
  return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}
