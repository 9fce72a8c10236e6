/**
 * Replacements in a text, applied together.
 *
 * @module
 */
import type { Range } from './ast.ts';
import { copied, joined, type TracedText } from './traced-text.ts';

/** Replaces a range; an empty range is an insertion. */
export interface Edit extends Range {
  readonly text: string;
}

/**
 * The part of `text` within `range`, edited. Edits outside the range, or inside of one that is
 * replaced whole, do not count.
 */
export function applyEdits(text: string, range: Range, edits: readonly Edit[]): TracedText {
  const applicable = edits
    .filter((edit) => edit.start >= range.start && edit.end <= range.end)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const parts: (string | TracedText)[] = [];
  let position = range.start;
  for (const edit of applicable) {
    if (edit.start < position) continue;
    parts.push(copied(text, position, edit.start), edit.text);
    position = edit.end;
  }
  return joined([...parts, copied(text, position, range.end)], '');
}
