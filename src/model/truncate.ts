/**
 * Texts of bounded length.
 *
 * @module
 */

/** The text itself, or its start with a note of what is missing: at most `maxLength` characters. */
export function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const note = `… (${text.length} characters in all)`;
  return `${text.slice(0, Math.max(0, maxLength - note.length))}${note}`.slice(0, maxLength);
}
