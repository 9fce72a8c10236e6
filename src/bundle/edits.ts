/**
 * Replacements in a text, applied together.
 *
 * @module
 */
import type { Range } from './ast.ts';

/** Replaces a range; an empty range is an insertion. */
export interface Edit extends Range {
  readonly text: string;
}

/**
 * The part of `text` within `range`, edited. Edits outside the range, or inside of one that is
 * replaced whole, do not count.
 */
export function applyEdits(text: string, range: Range, edits: readonly Edit[]): string {
  const applicable = edits
    .filter((edit) => edit.start >= range.start && edit.end <= range.end)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  let result = '';
  let position = range.start;
  for (const edit of applicable) {
    if (edit.start < position) continue;
    result += text.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return result + text.slice(position, range.end);
}
